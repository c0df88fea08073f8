{{ api_view(ref("provider_first_client")) }}
