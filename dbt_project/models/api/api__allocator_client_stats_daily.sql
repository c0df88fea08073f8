select
    allocator_id,
    date::date as date,
    number_of_clients,
    returning_clients_percentage,
    average_seconds_to_first_deal,
    {{ data_as_of("allocator_client_stats_daily") }} as data_as_of
from {{ ref("allocator_client_stats_daily") }}
