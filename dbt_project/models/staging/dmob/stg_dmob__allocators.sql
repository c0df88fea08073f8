select
    address_id as id,
    address,
    nullif(trim(nullif(name, 'n/a')), '') as name,
    coalesce(is_virtual, false) as is_virtual,
    coalesce(is_meta_allocator, false) as is_metaallocator,
    is_multisig,
    removed as is_removed,
    address_eth as ethereum_address,
    dc_source as datacap_source,
    {{ height_time("created_at_height") }} as created_at
from {{ source("raw_dmob", "verifier") }}
