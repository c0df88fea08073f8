{{ api_view(source("filplus_reports", "client_report_cid_sharing")) }}
