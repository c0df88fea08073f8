{{ api_view(source("validators_payments", "partner_statement_items"), as_of=data_as_of("partner_commission_statements", "validators")) }}
