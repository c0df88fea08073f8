select
    client,
    provider
from {{ source("filplus_by_piece", "client_provider_distribution") }}
