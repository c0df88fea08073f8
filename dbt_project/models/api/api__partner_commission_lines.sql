{{ api_view(source("validators_payments", "partner_commission_lines"), ages=chains_as_of("partner_commission_lines")) }}
