select
    allocator_report_id,
    client_id,
    allocation_number,
    allocation,
    timestamp at time zone 'UTC' as timestamp,
    {{ data_as_of("allocator_report_client_allocation") }} as data_as_of
from {{ source("filplus_reports", "allocator_report_client_allocation") }}
