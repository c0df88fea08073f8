select
    week::date as week,
    provider,
    num_of_clients,
    biggest_client_total_deal_size,
    total_deal_size,
    retrievability,
    is_open_data,
    open_data_average,
    overall_average,
    is_above_open_data_average,
    is_above_overall_average,
    has_enough_clients,
    is_spread,
    compliance_score,
    overall_compliance_score,
    rule_version,
    {{ data_as_of("storage_provider_compliance_weekly") }} as data_as_of
from {{ source("filplus_compliance", "storage_provider_compliance_weekly") }}
