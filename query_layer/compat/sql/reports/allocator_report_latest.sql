select f.*
from (
{{ reports/allocator_report_full }}
    and r.allocator_report_id = (
        select n.allocator_report_id
        from api_v1.allocator_report n
        where n.allocator = :allocator::text or n.address = :allocator::text
        order by n.create_date desc, n.allocator_report_id desc
        limit 1
    )
) f
