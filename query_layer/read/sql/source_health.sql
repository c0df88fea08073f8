-- One row per outside source. The error text stays in the warehouse: it may quote an address.
select
    source,
    ok,
    latency_seconds,
    checked_at,
    last_success_at,
    consecutive_failures,
    breaker,
    quota_left,
    quota_resets_at
from ops.source_health
order by source
