{{ api_view(ref("allocator_statistics_daily")) }}
