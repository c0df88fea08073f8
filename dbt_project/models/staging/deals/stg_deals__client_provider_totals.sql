select
    case when client_id >= 0 then client_id end as client_id,
    provider_id,
    num_of_deals,
    total_deal_size,
    size_before_start,
    last_deal_height,
    first_deal_height
from {{ source("intermediate", "client_provider_totals") }}
