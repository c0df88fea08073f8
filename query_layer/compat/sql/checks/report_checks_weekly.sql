select
    period as week,
    checks_passed_count as "checksPassedCount",
    checks_passed_change as "checksPassedChange",
    checks_failed_count as "checksFailedCount",
    checks_failed_change as "checksFailedChange"
from api_v1.report_check_counts_weekly
where period_unit = 'week'
