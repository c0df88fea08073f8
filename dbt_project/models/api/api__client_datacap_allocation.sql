select
    id,
    client_id,
    allocator_id,
    allocation,
    timestamp at time zone 'UTC' as timestamp,
    {{ data_as_of("client_datacap_allocation") }} as data_as_of
from {{ ref("client_datacap_allocation") }}
