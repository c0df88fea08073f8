select
    entity_type,
    entity_id,
    rule,
    since at time zone 'UTC' as since,
    value,
    "limit",
    evidence_query,
    {{ data_as_of("compliance_alerts") }} as data_as_of
from {{ source("filplus_reports", "compliance_alerts") }}
