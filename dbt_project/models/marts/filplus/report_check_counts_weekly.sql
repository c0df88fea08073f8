with days as (
    select * from {{ ref("allocator_report_check_daily") }}
),

units as (
    select week, 'day' as period_unit, date as period, allocator, check_code, num_of_passes, num_of_failures
    from days
    where {{ in_window("week") }}
    union all
    select week, 'week', week, allocator, check_code, num_of_passes, num_of_failures
    from days
    where {{ in_window("week") }}
),

checks as (
    select
        week,
        period_unit,
        period,
        allocator,
        check_code,
        bool_or(num_of_passes > 0) as is_passed,
        bool_or(num_of_failures > 0) as is_failed
    from units
    group by week, period_unit, period, allocator, check_code
),

final as (
    select
        week,
        period_unit,
        period,
        count(*) filter (where is_passed)::integer as checks_passed_count,
        count(*) filter (where is_failed)::integer as checks_failed_count
    from checks
    group by week, period_unit, period
)

select * from final
