select
    allocator_report_id,
    "check" as check_code,
    check_name,
    check_description,
    result as passed,
    metadata
from {{ source("filplus_reports", "allocator_report_check_result") }}
