select
    id,
    address_id as allocator,
    height,
    coalesce(allowance, 0) as allowance_bytes
from {{ source("raw_dmob", "verifier_allowance") }}
