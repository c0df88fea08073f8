select
    client,
    provider,
    total_deal_size,
    unique_data_size,
    claims_count,
    {{ data_as_of("client_provider_distribution") }} as data_as_of
from {{ source("filplus_by_piece", "client_provider_distribution") }}
