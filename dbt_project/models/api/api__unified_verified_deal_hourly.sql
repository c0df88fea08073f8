select
    hour at time zone 'UTC' as hour,
    client,
    provider,
    num_of_claims,
    num_of_ddo_claims,
    total_deal_size,
    total_ddo_deal_size,
    {{ data_as_of("unified_verified_deal_hourly") }} as data_as_of
from {{ ref("unified_verified_deal_hourly") }}
