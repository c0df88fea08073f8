{{ api_view(ref("unified_verified_deal_hourly")) }}
