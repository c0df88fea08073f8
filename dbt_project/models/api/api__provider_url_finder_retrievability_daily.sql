select
    date::date as date,
    provider,
    success_rate,
    {{ data_as_of("provider_url_finder_retrievability_daily") }} as data_as_of
from {{ ref("provider_url_finder_retrievability_daily") }}
