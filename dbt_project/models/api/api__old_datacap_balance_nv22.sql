select
    allocator,
    old_dc_balance,
    {{ data_as_of("old_datacap_balance_nv22") }} as data_as_of
from {{ ref("old_datacap_balance_nv22") }}
