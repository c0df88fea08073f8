{{ api_view(ref("old_datacap_balance_weekly")) }}
