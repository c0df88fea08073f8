select id, client, report_day, create_date
from {{ source("filplus_reports", "client_report") }}
