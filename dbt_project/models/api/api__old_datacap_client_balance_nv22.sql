{{ api_view(ref("old_datacap_client_balance_nv22")) }}
