{{ api_view(ref("allocator_report_check_daily")) }}
