with moments as (
    {{ statistics_moments() }}
),

days as (
    select day from moments group by day
),

instants as (
    select instant from moments group by instant
),

clients as (
    select * from {{ ref("stg_dmob__verified_clients") }}
),

allocations as (
    select * from {{ ref("client_datacap_allocation") }}
),

reports as (
    select * from {{ ref("stg_reports__client_reports") }}
),

check_results as not materialized (
    select * from {{ ref("stg_reports__client_check_results") }}
),

weeks as (
    select * from {{ ref("deal_totals_weekly") }}
),

hours as not materialized (
    select * from {{ ref("unified_verified_deal_hourly") }}
),

counts as (
    select * from {{ ref("clients_stats_daily") }}
),

at_instants as (
    select
        i.instant,
        -- rows of the source, as on the live platform: a client of two allocators counts twice
        (select count(*) from clients c where c.created_at < i.instant) as total_clients,
        (
            select count(distinct a.client_id)
            from allocations a
            where a.timestamp >= i.instant - interval '60 days' and a.timestamp < i.instant
        ) as active_clients,
        coalesce((select sum(w.total_deal_size) from weeks w where w.week < date_trunc('week', i.instant)), 0)
        + coalesce((
            select sum(h.total_deal_size)
            from hours h
            where h.hour >= date_trunc('week', i.instant) and h.hour < i.instant
        ), 0) as spent
    from instants i
),

newest_reports as (
    select distinct on (d.day, r.client) d.day, r.client, r.id -- the last of the day
    from days d
    inner join reports r
        on r.report_day between (d.day - interval '1 day')::date and (d.day + interval '1 day')::date
        and r.create_date >= d.day and r.create_date < d.day + interval '1 day'
    order by d.day, r.client, r.create_date desc, r.id desc
),

results_of_clients as (
    select
        n.day,
        n.client,
        count(*) filter (where not c.passed) as failed,
        count(*) as checks
    from newest_reports n
    inner join check_results c on c.client_report_id = n.id
    group by n.day, n.client
),

failing as (
    select day, avg((2 * failed > checks)::integer) as failing_share
    from results_of_clients
    group by day
),

kinds as (
    select *
    from (
        values
            (1, 'TOTAL_CLIENTS', 'numeric', false),
            (2, 'TOTAL_ACTIVE_CLIENTS', 'numeric', false),
            (3, 'FAILING_CLIENTS', 'percentage', true),
            (4, 'DATACAP_SPENT_BY_CLIENTS', 'bigint', false),
            (5, 'CLIENTS_WITH_ACTIVE_DEALS', 'numeric', false),
            (6, 'CLIENTS_WITH_ACTIVE_DEALS_AND_DATACAP', 'numeric', false),
            (7, 'TOTAL_REMAINING_CLIENTS_DATACAP', 'bigint', false)
    ) k (place, statistic, value_type, is_increase_negative)
),

figures as (
    select m.date, m.period_unit, m.is_current, v.statistic, v.value
    from moments m
    inner join at_instants i on i.instant = m.instant
    left join failing f on f.day = m.day
    left join counts c on c.date = m.day
    cross join lateral (
        values
            ('TOTAL_CLIENTS', i.total_clients::numeric),
            ('TOTAL_ACTIVE_CLIENTS', i.active_clients::numeric),
            ('FAILING_CLIENTS', f.failing_share),
            ('DATACAP_SPENT_BY_CLIENTS', i.spent::numeric),
            ('CLIENTS_WITH_ACTIVE_DEALS', coalesce(c.clients_with_active_deals, 0)::numeric),
            ('CLIENTS_WITH_ACTIVE_DEALS_AND_DATACAP', coalesce(c.clients_who_have_dc_and_deals, 0)::numeric),
            ('TOTAL_REMAINING_CLIENTS_DATACAP', coalesce(c.total_remaining_clients_datacap, 0)::numeric)
    ) v (statistic, value)
),

final as (
    {{ statistics_rows("figures", "kinds") }}
)

select * from final
