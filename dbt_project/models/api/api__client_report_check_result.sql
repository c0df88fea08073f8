select
    id,
    client_report_id,
    create_date at time zone 'UTC' as create_date,
    "check",
    result,
    metadata,
    {{ data_as_of("client_report_check_result") }} as data_as_of
from {{ source("filplus_reports", "client_report_check_result") }}
