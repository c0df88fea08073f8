select
    allocator_id,
    client_id,
    confirms_open_data
from {{ source("filplus", "allocator_client_bookkeeping") }}
