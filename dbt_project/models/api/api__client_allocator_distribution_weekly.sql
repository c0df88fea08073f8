select
    week::date as week,
    client,
    allocator,
    num_of_allocations,
    sum_of_allocations,
    {{ data_as_of("client_allocator_distribution_weekly") }} as data_as_of
from {{ ref("client_allocator_distribution_weekly") }}
