select
    week::date as week,
    allocator,
    num_of_clients,
    biggest_client_sum_of_allocations,
    total_sum_of_allocations,
    avg_weighted_retrievability_success_rate,
    avg_weighted_retrievability_success_rate_http,
    avg_weighted_retrievability_success_rate_url_finder,
    {{ data_as_of("allocators_weekly") }} as data_as_of
from {{ ref("allocators_weekly") }}
