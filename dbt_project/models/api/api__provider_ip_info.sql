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
    {{ data_as_of("provider_ip_info") }} as data_as_of,
    {{ number_of("lat") }} as latitude,
    {{ number_of("long") }} as longitude
from {{ source("filplus_providers", "provider_ip_info") }}
