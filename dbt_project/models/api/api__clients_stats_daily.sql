{{ api_view(ref("clients_stats_daily")) }}
