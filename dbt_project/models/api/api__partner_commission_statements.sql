{{ api_view(source("validators_payments", "partner_commission_statements")) }}
