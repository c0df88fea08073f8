{{ api_view(ref("deal_totals_weekly")) }}
