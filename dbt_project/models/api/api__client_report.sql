{{ api_view(source("filplus_reports", "client_report"), added=["id as client_report_id"]) }}
