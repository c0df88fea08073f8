select
    date,
    provider,
    total,
    successful,
    coalesce(successful_http, 0) as successful_http
from {{ source("filplus_providers", "provider_retrievability_daily") }}
