select
    period as day,
    checks_passed_count as "checksPassedCount",
    checks_passed_change as "checksPassedChange",
    checks_failed_count as "checksFailedCount",
    checks_failed_change as "checksFailedChange"
from api_v1.report_check_counts_weekly
where
    period_unit = 'day'
    and week = (
        coalesce(
        :week::timestamptz, date_trunc('week', :now::timestamptz - interval '7 days', 'UTC')
    ) at time zone 'UTC'
    )::date
