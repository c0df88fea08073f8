select
    hour at time zone 'UTC' as hour,
    client,
    total_deal_size,
    {{ data_as_of("client_claims_hourly") }} as data_as_of
from {{ ref("client_claims_hourly") }}
