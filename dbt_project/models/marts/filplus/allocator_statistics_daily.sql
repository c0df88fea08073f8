with recursive moments as (
    {{ statistics_moments() }}
),

days as (
    select day from moments group by day
),

instants as (
    select instant from moments group by instant
),

approvals as (
    select * from {{ ref("stg_registry__approvals") }}
),

allocations as (
    select * from {{ ref("client_datacap_allocation") }}
),

reports as not materialized (
    select * from {{ ref("stg_reports__allocator_reports") }}
),

check_results as not materialized (
    select * from {{ ref("stg_reports__allocator_check_results") }}
),

components as not materialized (
    select * from {{ ref("stg_reports__score_components") }}
),

rules as (
    {{ rules_of_weeks() }}
),

observed as (
    select * from {{ ref("allocator_client_stats_daily") }}
),

at_instants as (
    select
        i.instant,
        (select count(*) from approvals a where a.approved_at < i.instant) as approved,
        (
            select count(distinct a.allocator_id)
            from allocations a
            where a.timestamp >= i.instant - interval '60 days' and a.timestamp < i.instant
        ) as active
    from instants i
),

-- Looked up one after the other through the index: the cost follows the number of allocators, not of reports.
reporting as (
    (select r.allocator from reports r order by r.allocator limit 1)
    union all
    select next.allocator
    from reporting a
    cross join lateral (
        select r.allocator from reports r where r.allocator > a.allocator order by r.allocator limit 1
    ) next
),

reported as (
    select allocator
    from reporting
    where {{ is_standard_allocator("allocator") }}
),

-- The newest report of each allocator up to the day's midnight, scored or not (compliance §5.4, R-19).
newest_before as (
    select d.day, n.id
    from days d
    cross join reported a
    cross join lateral (
        select r.id
        from reports r
        where r.allocator = a.allocator and r.create_date <= d.day
        order by r.create_date desc, r.report_number desc
        limit 1
    ) n
),

shares as (
    select n.day, sum(c.points)::numeric / nullif(sum(c.largest_points), 0) as score_share
    from newest_before n
    inner join components c on c.allocator_report_id = n.id
    group by n.day, n.id
),

-- Both sides of a comparison by the rules of the day's week.
standings as (
    select
        m.date,
        m.day,
        avg((s.score_share >= r.compliant_score_share)::integer) as compliant_share,
        avg((s.score_share <= r.non_compliant_score_share)::integer) as non_compliant_share
    from (select date, day from moments group by date, day) m
    inner join shares s on s.day = m.day
    inner join rules r on r.week = date_trunc('week', m.date)
    where s.score_share is not null
    group by m.date, m.day
),

newest_of_day as (
    select distinct on (d.day, r.allocator) d.day, r.id -- the last of the day
    from days d
    inner join reports r
        on r.report_day between (d.day - interval '1 day')::date and (d.day + interval '1 day')::date
        and r.create_date >= d.day and r.create_date < d.day + interval '1 day'
    order by d.day, r.allocator, r.create_date desc, r.report_number desc
),

alerts as (
    select n.day, count(*) as num_of_alerts
    from newest_of_day n
    inner join check_results c on c.allocator_report_id = n.id
    where not c.passed
    group by n.day
),

clients as (
    select
        d.day,
        avg(o.number_of_clients) as number_of_clients,
        avg(o.returning_clients_percentage) as returning_share,
        avg(o.average_seconds_to_first_deal) as seconds
    from days d
    inner join observed o on o.date = d.day
    group by d.day
),

kinds as (
    select *
    from (
        values
            (1, 'TOTAL_APPROVED_ALLOCATORS', 'numeric', false),
            (2, 'TOTAL_ACTIVE_ALLOCATORS', 'numeric', false),
            (3, 'COMPLIANT_ALLOCATORS', 'percentage', false),
            (4, 'NON_COMPLIANT_ALLOCATORS', 'percentage', true),
            (5, 'NUMBER_OF_ALERTS', 'numeric', true),
            (6, 'AVERAGE_NUMBER_OF_CLIENTS', 'numeric', false),
            (7, 'AVERAGE_PERCENTAGE_OF_RETURNING_CLIENTS', 'percentage', false),
            (8, 'AVERAGE_TIME_TO_FIRST_DEAL', 'duration', false)
    ) k (place, statistic, value_type, is_increase_negative)
),

figures as (
    select m.date, m.period_unit, m.is_current, v.statistic, v.value
    from moments m
    inner join at_instants i on i.instant = m.instant
    left join standings s on s.date = m.date and s.day = m.day
    left join alerts a on a.day = m.day
    left join clients c on c.day = m.day
    cross join lateral (
        values
            ('TOTAL_APPROVED_ALLOCATORS', i.approved::numeric),
            ('TOTAL_ACTIVE_ALLOCATORS', i.active::numeric),
            ('COMPLIANT_ALLOCATORS', s.compliant_share),
            ('NON_COMPLIANT_ALLOCATORS', s.non_compliant_share),
            ('NUMBER_OF_ALERTS', coalesce(a.num_of_alerts, 0)::numeric),
            ('AVERAGE_NUMBER_OF_CLIENTS', c.number_of_clients),
            ('AVERAGE_PERCENTAGE_OF_RETURNING_CLIENTS', c.returning_share),
            ('AVERAGE_TIME_TO_FIRST_DEAL', c.seconds)
    ) v (statistic, value)
),

final as (
    {{ statistics_rows("figures", "kinds") }}
)

select * from final
