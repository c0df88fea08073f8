select
    week::date as week,
    client,
    provider,
    total_deal_size,
    unique_data_size,
    {{ data_as_of("client_provider_distribution_weekly_acc") }} as data_as_of
from {{ ref("client_provider_distribution_weekly_acc") }}
