select
    id,
    nullif(address_id, '') as client,
    name,
    address,
    nullif(audit_trail, 'n/a') as github_url,
    floor(coalesce(initial_allowance, 0) + 0.5)::bigint as received_bytes,
    floor(coalesce(allowance, 0) + 0.5)::bigint as remaining_bytes,
    {{ height_time("created_at_height") }} as created_at
from {{ source("raw_dmob", "verified_client") }}
