select
    id,
    client_id,
    type
from {{ source("raw_dmob", "dc_allocation_claim") }}
where type <> 'allocation'
