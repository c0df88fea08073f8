select client_report_id, "check" as check_code, result as passed
from {{ source("filplus_reports", "client_report_check_result") }}
