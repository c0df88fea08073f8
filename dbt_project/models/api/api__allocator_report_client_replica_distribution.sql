{{ api_view(source("filplus_reports", "allocator_report_client_replica_distribution"), added=["client_id as client"]) }}
