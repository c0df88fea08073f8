{{ api_view(ref("client_provider_distribution_weekly")) }}
