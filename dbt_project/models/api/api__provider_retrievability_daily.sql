select
    date::date as date,
    provider,
    total,
    successful,
    success_rate,
    successful_http,
    success_rate_http,
    {{ data_as_of("provider_retrievability_daily") }} as data_as_of
from {{ source("filplus_providers", "provider_retrievability_daily") }}
