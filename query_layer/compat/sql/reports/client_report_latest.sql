select f.*
from (
{{ reports/client_report_full }}
    and r.client_report_id = (
        select n.client_report_id
        from api_v1.client_report n
        where n.client = :client::text or n.client_address = :client::text
        order by n.create_date desc, n.client_report_id desc
        limit 1
    )
) f
