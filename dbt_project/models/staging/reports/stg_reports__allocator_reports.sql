select
    id,
    allocator,
    report_number,
    report_day,
    create_date,
    data_type
from {{ source("filplus_reports", "allocator_report") }}
