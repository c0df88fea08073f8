select
    id,
    allocator_report_id,
    create_date at time zone 'UTC' as create_date,
    "check",
    check_name,
    check_description,
    result,
    metadata,
    {{ data_as_of("allocator_report_check_result") }} as data_as_of
from {{ source("filplus_reports", "allocator_report_check_result") }}
