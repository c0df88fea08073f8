select f.*
from (
{{ reports/allocator_report_full }}
    and r.allocator_report_id::text = lower(:id::text)
) f
