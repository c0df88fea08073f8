select
    client,
    other_client,
    total_deal_size,
    unique_cid_count,
    {{ data_as_of("cid_sharing") }} as data_as_of
from {{ source("filplus_by_piece", "cid_sharing") }}
