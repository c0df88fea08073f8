{{ api_view(source("filplus_reports", "allocator_report_client"), added=["client_id as client"]) }}
