{{ api_view(
    source("validators_payments", "partner_commission_lines"),
    ages=chains_as_of("partner_commission_lines"),
    periods=source("validators", "canonical_periods"),
    omitted=[
        "override_amount_native", "override_reason", "override_user_id", "override_timestamp", "override_stale",
    ],
) }}
