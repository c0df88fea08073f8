select allocator_id, data_type
from {{ source("filplus", "allocator_registry") }}
where not rejected
