{{ api_view(ref("client_claims_hourly")) }}
