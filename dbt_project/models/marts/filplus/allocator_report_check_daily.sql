with reports as (
    select * from {{ ref("stg_reports__allocator_reports") }}
),

-- Not materialized: the checks of a report are looked up through the key.
check_results as not materialized (
    select * from {{ ref("stg_reports__allocator_check_results") }}
),

-- A report that begins at midnight may be of the day before or after.
found as (
    select
        date_trunc('day', r.create_date) as date,
        r.allocator,
        r.id,
        r.create_date,
        r.report_number,
        c.check_code,
        c.check_name,
        c.check_description,
        c.passed,
        c.metadata ->> 'msg' as message
    from reports r
    inner join check_results c on c.allocator_report_id = r.id
    where
        r.report_day >= ({{ window_start() }} - interval '1 day')::date
        and r.report_day <= {{ window_end() }}::date
        and {{ in_window("r.create_date") }}
        and c.passed is not null
),

newest_failures as (
    select distinct on (date, allocator, check_code) -- the last of the day
        date, allocator, check_code, id, message
    from found
    where not passed
    order by date, allocator, check_code, create_date desc, report_number desc
),

counted as (
    select
        date,
        allocator,
        check_code,
        (array_agg(check_name order by create_date desc, report_number desc))[1] as check_name,
        (array_agg(check_description order by create_date desc, report_number desc))[1] as check_description,
        count(*) filter (where passed) as num_of_passes,
        count(*) filter (where not passed) as num_of_failures,
        max(create_date) filter (where passed) as last_passed_at,
        min(create_date) filter (where not passed) as first_failed_at,
        max(create_date) filter (where not passed) as last_failed_at
    from found
    group by date, allocator, check_code
),

final as (
    select
        date_trunc('week', c.date)::timestamp(3) as week,
        c.date::timestamp(3) as date,
        c.allocator,
        c.check_code,
        c.check_name,
        c.check_description,
        c.num_of_passes::integer as num_of_passes,
        c.num_of_failures::integer as num_of_failures,
        c.last_passed_at,
        c.first_failed_at,
        c.last_failed_at,
        f.id as failed_report_id,
        f.message as failure_message
    from counted c
    left join newest_failures f
        on f.date = c.date and f.allocator = c.allocator and f.check_code = c.check_code
)

select * from final
