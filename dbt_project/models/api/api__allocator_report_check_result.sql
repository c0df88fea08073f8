{{ api_view(source("filplus_reports", "allocator_report_check_result"), added=["check as check_code"]) }}
