with days as (
    select
        allocator,
        date,
        count(*) filter (where num_of_passes > 0)::integer as passed,
        count(*) filter (where num_of_failures > 0)::integer as failed
    from api_v1.allocator_report_check_daily
    where
        date in (
            (date_trunc(
        'day', coalesce(:day::timestamptz, :now::timestamptz - interval '1 day'), 'UTC'
    ) at time zone 'UTC')::date,
            (date_trunc(
        'day', coalesce(:day::timestamptz, :now::timestamptz - interval '1 day'), 'UTC'
    ) at time zone 'UTC')::date - 1
        )
    group by allocator, date
)

select
    d.allocator as "allocatorId",
    a.name as "allocatorName",
    d.passed as "checksPassedCount",
    d.passed - p.passed as "checksPassedChange",
    d.failed as "checksFailedCount",
    d.failed - p.failed as "checksFailedChange",
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'reportId', f.failed_report_id,
                'reportCreateDate', instant(f.failed_report_create_date),
                'check', f.check_code,
                'checkMsg', f.failure_message,
                'firstSeen', instant(f.first_seen),
                'lastSeen', instant(f.last_seen),
                'lastPassed', instant(f.last_passed),
                'isNewWeekly', f.is_new_weekly,
                'isNewDaily', f.is_new_daily
            )
            order by f.check_code
        )
        from api_v1.failed_checks_daily f
        where f.date = d.date and f.allocator = d.allocator
    ), '[]'::jsonb) as "failedChecks"
from days d
left join days p on p.allocator = d.allocator and p.date = d.date - 1
left join api_v1.allocator a on a.allocator = d.allocator
where
    d.date = (date_trunc(
        'day', coalesce(:day::timestamptz, :now::timestamptz - interval '1 day'), 'UTC'
    ) at time zone 'UTC')::date
