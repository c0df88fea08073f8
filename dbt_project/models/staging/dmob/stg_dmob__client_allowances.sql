select
    id,
    address_id as client,
    verifier_address_id as allocator,
    height,
    {{ height_time("height") }} as granted_at,
    coalesce(allowance, 0) as allowance_bytes
from {{ source("raw_dmob", "verified_client_allowance") }}
