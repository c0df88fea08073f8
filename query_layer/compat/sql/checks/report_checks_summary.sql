select
    check_code as "check",
    check_name as "checkName",
    check_description as "checkDescription",
    jsonb_agg(
        jsonb_build_object(
            'date', instant(period),
            'checkPassedAllocatorsCount', passed,
            'checkFailedAllocatorsCount', failed,
            'checkPassedAllocatorsDatacap', passed_datacap::text,
            'checkFailedAllocatorsDatacap', failed_datacap::text
        )
        order by period
    ) as data
from (
    select
        d.check_code,
        d.check_name,
        d.check_description,
        date_trunc(:groupBy::text, d.date::timestamp) at time zone 'UTC' as period,
        sum(d.num_of_passes)::integer as passed,
        sum(d.num_of_failures)::integer as failed,
        coalesce(sum(d.num_of_passes * w.total_sum_of_allocations::numeric), 0) as passed_datacap,
        coalesce(sum(d.num_of_failures * w.total_sum_of_allocations::numeric), 0) as failed_datacap
    from api_v1.allocator_report_check_daily d
    left join api_v1.allocators_weekly_acc w on w.week = d.week and w.allocator = d.allocator
    group by
        d.check_code, d.check_name, d.check_description, date_trunc(:groupBy::text, d.date::timestamp)
) p
group by check_code, check_name, check_description
