select
    id,
    address,
    name,
    is_virtual,
    is_metaallocator,
    {{ data_as_of("allocator") }} as data_as_of
from {{ ref("allocator") }}
