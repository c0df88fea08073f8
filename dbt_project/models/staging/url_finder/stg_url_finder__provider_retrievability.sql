select
    day,
    provider,
    -- numeric until the last step, so that equal percents give equal doubles
    (retrievability_percent / 100)::double precision as success_rate
from {{ source("raw_url_finder", "provider_retrievability") }}
