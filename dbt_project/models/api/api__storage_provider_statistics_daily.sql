{{ api_view(ref("storage_provider_statistics_daily")) }}
