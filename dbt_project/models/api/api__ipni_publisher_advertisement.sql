select
    id,
    previous_id,
    publisher_id,
    context_id,
    entries_number,
    is_rm,
    {{ data_as_of("ipni_publisher_advertisement") }} as data_as_of
from {{ source("filplus_providers", "ipni_publisher_advertisement") }}
