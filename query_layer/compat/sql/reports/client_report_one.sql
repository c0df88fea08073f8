select f.*
from (
{{ reports/client_report_full }}
    and r.client_report_id::text = :id::text
) f
