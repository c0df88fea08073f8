select
    week::date as week,
    provider,
    num_of_clients,
    biggest_client_total_deal_size,
    total_deal_size,
    avg_retrievability_success_rate,
    avg_retrievability_success_rate_http,
    avg_retrievability_success_rate_url_finder,
    {{ data_as_of("providers_weekly_acc") }} as data_as_of
from {{ ref("providers_weekly_acc") }}
