with periods as (
    select
        'week' as period_unit, week as period, week + interval '7 days' as period_end, s.*
    from {{ ref("allocator_score_weekly") }} s
    union all
    select 'month', month, month + interval '1 month', s.*
    from {{ ref("allocator_score_weekly") }} s
),

newest as (
    select distinct on (period_unit, period, allocator, metric) -- the newest report of each period
        *
    from periods
    order by period_unit, period, allocator, metric, create_date desc, allocator_report_id desc
)

select
    n.period_unit,
    n.period::date as period,
    n.metric,
    t.metric_name,
    t.metric_description,
    t.metric_unit,
    n.allocator,
    n.data_type,
    n.allocator_report_id,
    n.create_date at time zone 'UTC' as create_date,
    n.score,
    n.largest_score,
    n.score_percentage,
    n.score_group,
    coalesce(w.total_sum_of_allocations, 0) as total_datacap,
    n.rule_version,
    {{ data_as_of("allocator_score_weekly") }} as data_as_of
from newest n
left join {{ source("filplus_scores", "allocator_report_scoring_result") }} t
    on t.allocator_report_id = n.allocator_report_id and t.metric = n.metric
left join lateral (
    select a.total_sum_of_allocations
    from {{ ref("allocators_weekly_acc") }} a
    where a.allocator = n.allocator and a.week < n.period_end
    order by a.week desc
    limit 1
) w on true
where
    {{ is_standard_allocator("n.allocator") }}
    and (
        exists (select from {{ source("filplus", "allocator_registry") }} g where g.allocator_id = n.allocator)
        or exists (
            select from {{ source("filplus", "allocator_registry_archive") }} g where g.allocator_id = n.allocator
        )
    )
