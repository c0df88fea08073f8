select
    c.week::date as week,
    c.period_unit,
    c.period::date as period,
    c.checks_passed_count,
    c.checks_passed_count - p.checks_passed_count as checks_passed_change,
    c.checks_failed_count,
    c.checks_failed_count - p.checks_failed_count as checks_failed_change,
    {{ data_as_of("report_check_counts_weekly") }} as data_as_of
from {{ ref("report_check_counts_weekly") }} c
left join {{ ref("report_check_counts_weekly") }} p
    on
        p.period_unit = c.period_unit
        and p.period = c.period - case c.period_unit when 'day' then interval '1 day' else interval '7 days' end
        and p.week = date_trunc('week', p.period)
