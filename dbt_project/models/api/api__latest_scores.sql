with newest as (
    select max(create_date) as create_date
    from {{ source("filplus_reports", "allocator_report") }}
    where report_day = (select max(report_day) from {{ source("filplus_reports", "allocator_report") }})
),

newest_week as (
    select max(week) as week from {{ ref("allocators_weekly_acc") }}
)

select
    row_number() over (order by latest.percentage desc, g.allocator_id) as position,
    g.allocator_id as allocator,
    a.name as allocator_name,
    latest.data_type,
    latest.total as total_score,
    latest.largest as max_possible_score,
    {{ short_percentage("latest.percentage") }} as score_percentage,
    {{ short_percentage("week_ago.percentage") }} as week_ago_score_percentage,
    {{ short_percentage("month_ago.percentage") }} as month_ago_score_percentage,
    coalesce(w.total_sum_of_allocations, 0) as total_datacap,
    {{ data_as_of("allocator_report") }} as data_as_of,
    round(latest.percentage, 2) as total_score_percentage,
    round(week_ago.percentage, 2) as week_ago_total_score_percentage,
    round(month_ago.percentage, 2) as month_ago_total_score_percentage
from {{ source("filplus", "allocator_registry") }} g
cross join newest
cross join lateral {{ scored_report(0) }} latest
left join lateral {{ scored_report(7) }} week_ago on true
left join lateral {{ scored_report(30) }} month_ago on true
left join {{ ref("allocator") }} a on a.id = g.allocator_id
left join {{ ref("allocators_weekly_acc") }} w
    on w.allocator = g.allocator_id and w.week = (select week from newest_week)
where {{ is_standard_allocator("g.allocator_id") }}
