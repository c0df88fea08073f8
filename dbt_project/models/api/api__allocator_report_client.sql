select
    allocator_report_id,
    client_id,
    name,
    allocators,
    allocations_number,
    total_allocations,
    application_url,
    application_timestamp at time zone 'UTC' as application_timestamp,
    using_client_contract,
    client_contract_max_deviation,
    expected_size_of_single_dataset,
    total_uniq_data_set_size,
    last_datacap_spent at time zone 'UTC' as last_datacap_spent,
    last_datacap_received at time zone 'UTC' as last_datacap_received,
    {{ data_as_of("allocator_report_client") }} as data_as_of
from {{ source("filplus_reports", "allocator_report_client") }}
