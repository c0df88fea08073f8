select
    week::date as week,
    allocator,
    check_retrievability,
    check_number_of_clients,
    check_total_deal_size,
    total_datacap,
    total_sps,
    compliant_sps_percentage,
    partially_compliant_sps_percentage,
    non_compliant_sps_percentage,
    threshold_percentage,
    compliance_score,
    rule_version,
    {{ data_as_of("allocator_compliance_weekly") }} as data_as_of
from {{ source("filplus_compliance", "allocator_compliance_weekly") }}
