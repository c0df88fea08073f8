{{ api_view(source("filplus_reports", "allocator_report"), added=["id as allocator_report_id"]) }}
