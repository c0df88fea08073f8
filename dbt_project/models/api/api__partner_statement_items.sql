select
    i.statement_id,
    i.line_id,
    i.chain_id,
    i.introducer_id,
    s.month,
    s.revision,
    s.status,
    i.period_id,
    i.validator_key,
    i.kind,
    i.amount_native,
    {{ data_as_of("partner_commission_statements", "validators") }} as data_as_of
from {{ source("validators_payments", "partner_statement_items") }} i
inner join {{ source("validators_payments", "partner_commission_statements") }} s on s.statement_id = i.statement_id
