{{ api_view(source("filplus_reports", "allocator_report_client_allocation"), added=["client_id as client"]) }}
