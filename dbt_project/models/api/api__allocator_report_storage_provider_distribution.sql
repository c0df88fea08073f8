{{ api_view(source("filplus_reports", "allocator_report_storage_provider_distribution"), added=["client_id as client"]) }}
