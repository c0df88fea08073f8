select
    id,
    num_of_deals,
    total_deal_size,
    num_of_clients,
    last_deal_height,
    first_deal_height,
    {{ data_as_of("provider") }} as data_as_of
from {{ ref("provider") }}
