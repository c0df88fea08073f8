{{ api_view(source("filplus_reports", "allocator_report_client_cid_sharing"), added=["client_id as client"]) }}
