select allocator_id, approved_at
from {{ source("filplus", "allocator_registry") }}
where approved_at is not null
