{{ api_view(ref("client_statistics_daily")) }}
