select
    week,
    provider,
    retrievability,
    has_enough_clients,
    is_spread
from {{ source("compliance", "storage_provider_compliance_weekly") }}
