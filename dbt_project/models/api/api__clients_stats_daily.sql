select
    date::date as date,
    clients_with_active_deals,
    clients_who_have_dc_and_deals,
    total_remaining_clients_datacap,
    {{ data_as_of("clients_stats_daily") }} as data_as_of
from {{ ref("clients_stats_daily") }}
