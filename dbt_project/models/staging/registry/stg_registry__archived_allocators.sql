select allocator_id
from {{ source("filplus", "allocator_registry_archive") }}
where not rejected
