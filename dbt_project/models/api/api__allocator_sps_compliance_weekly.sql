select
    week::date as week,
    allocator,
    average_of,
    check_retrievability,
    check_number_of_clients,
    check_total_deal_size,
    total_datacap,
    total_sps,
    compliant_sps,
    partially_compliant_sps,
    non_compliant_sps,
    rule_version,
    {{ data_as_of("allocator_sps_compliance_weekly") }} as data_as_of
from {{ source("filplus_compliance", "allocator_sps_compliance_weekly") }}
