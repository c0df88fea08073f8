select
    provider,
    date at time zone 'UTC' as date,
    lat,
    long,
    country,
    region,
    city,
    ip,
    org,
    postal,
    timezone,
    {{ data_as_of("provider_ip_info") }} as data_as_of
from {{ source("filplus_providers", "provider_ip_info") }}
