select
    week::date as week,
    allocator,
    old_dc_balance,
    allocations,
    {{ data_as_of("old_datacap_balance_weekly") }} as data_as_of
from {{ ref("old_datacap_balance_weekly") }}
