{{ api_view(source("validators_payments", "validator_pnl"), ages=chains_as_of("validator_pnl"), periods=source("validators", "canonical_periods")) }}
