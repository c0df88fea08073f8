select
    c.date::date as date,
    c.allocator,
    a.name as allocator_name,
    c.check_code,
    c.check_name,
    c.check_description,
    c.failed_report_id,
    c.last_failed_at at time zone 'UTC' as failed_report_create_date,
    c.failure_message,
    coalesce(first_failure.at, c.last_failed_at) at time zone 'UTC' as first_seen,
    last_failure.at at time zone 'UTC' as last_seen,
    last_pass.at at time zone 'UTC' as last_passed,
    coalesce(last_failure.at < c.last_failed_at - interval '7 days', true) as is_new_weekly,
    coalesce(last_failure.at < c.last_failed_at - interval '36 hours', true) as is_new_daily,
    {{ data_as_of("allocator_report_check_daily") }} as data_as_of
from {{ ref("allocator_report_check_daily") }} c
left join {{ ref("allocator") }} a on a.id = c.allocator
left join lateral (
    select e.first_failed_at as at
    from {{ ref("allocator_report_check_daily") }} e
    where e.allocator = c.allocator and e.check_code = c.check_code and e.last_failed_at < c.date
    order by e.last_failed_at
    limit 1
) first_failure on true
left join lateral (
    select e.last_failed_at as at
    from {{ ref("allocator_report_check_daily") }} e
    where e.allocator = c.allocator and e.check_code = c.check_code and e.last_failed_at < c.date
    order by e.last_failed_at desc
    limit 1
) last_failure on true
left join lateral (
    select e.last_passed_at as at
    from {{ ref("allocator_report_check_daily") }} e
    where e.allocator = c.allocator and e.check_code = c.check_code and e.last_passed_at < c.date
    order by e.last_passed_at desc
    limit 1
) last_pass on true
where c.num_of_failures > 0
