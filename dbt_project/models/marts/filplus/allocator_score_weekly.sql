with reports as (
    select * from {{ ref("stg_reports__allocator_reports") }}
),

-- Not materialized: the components of a report are looked up through the key.
components as not materialized (
    select * from {{ ref("stg_reports__score_components") }}
),

rules as (
    {{ rules_of_weeks() }}
),

-- A report that begins at midnight may be of the day before or after.
newest as (
    select distinct on (r.allocator, date_trunc('week', r.create_date), date_trunc('month', r.create_date)) -- the last
        date_trunc('week', r.create_date) as week,
        date_trunc('month', r.create_date) as month,
        r.allocator,
        r.id,
        r.create_date,
        r.data_type
    from reports r
    where
        r.report_day >= ({{ window_start() }} - interval '1 day')::date
        and r.report_day <= {{ window_end() }}::date
        and {{ in_window("r.create_date") }}
        and exists (select from components c where c.allocator_report_id = r.id)
        and {{ is_standard_allocator("r.allocator") }}
    order by
        r.allocator, date_trunc('week', r.create_date), date_trunc('month', r.create_date),
        r.create_date desc, r.report_number desc
),

final as (
    select
        n.week::timestamp(3) as week,
        n.month::timestamp(3) as month,
        n.allocator,
        c.component as metric,
        n.id as allocator_report_id,
        n.create_date,
        n.data_type,
        c.points as score,
        c.largest_points as largest_score,
        coalesce(100.0 * c.points / nullif(c.largest_points, 0), 100) as score_percentage,
        case
            when c.largest_points = 0 or 100 * c.points >= r.high_score_percentage * c.largest_points then 'high'
            when 100 * c.points >= r.medium_score_percentage * c.largest_points then 'medium'
            else 'low'
        end as score_group,
        r.rule_version
    from newest n
    inner join components c on c.allocator_report_id = n.id
    inner join rules r on r.week = n.week
    where c.state <> 'excluded'
)

select * from final
