-- Not materialized: the planner then knows how many rows there are.
with grants as not materialized (
    select * from {{ ref("client_allocator_distribution_weekly_acc") }} where {{ in_window("week") }}
),

distribution as (
    select * from {{ ref("client_provider_distribution_weekly_acc") }} where {{ in_window("week") }}
),

providers as (
    select * from {{ ref("stg_compliance__provider_weeks") }} where {{ in_window("week") }}
),

averages as (
    select * from {{ ref("retrievability_average_weekly") }} where {{ in_window("week") }}
),

rules as (
    {{ rules_of_weeks() }}
),

granted as (
    select week, allocator, sum(sum_of_allocations)::bigint as total_datacap
    from grants
    group by week, allocator
),

pairs as (
    select distinct g.week, g.allocator, d.provider -- a provider of several clients counts once
    from grants g
    inner join distribution d on d.week = g.week and d.client = g.client
),

-- Which means a provider is above, as one value: each pair is then joined and grouped once, not once per mean.
tests as (
    select
        p.week,
        p.provider,
        array(
            select a.average_of
            from averages a
            where a.week = p.week and p.retrievability::text::numeric > nullif(a.average_retrievability, 0)
            order by a.average_of
        ) as means_below,
        p.has_enough_clients,
        p.is_spread
    from providers p
),

-- Providers that pass the same tests are one row, before means and switches make 32 of each.
alike as (
    select
        p.week,
        p.allocator,
        t.means_below,
        t.has_enough_clients,
        t.is_spread,
        t.provider is not null as is_known,
        count(*) as num_of_providers
    from pairs p
    left join tests t on t.week = p.week and t.provider = p.provider
    group by p.week, p.allocator, t.means_below, t.has_enough_clients, t.is_spread, t.provider is not null
),

passed as (
    select
        g.week,
        g.allocator,
        g.total_datacap,
        a.average_of,
        coalesce(a.average_of = any(p.means_below), false) as is_above,
        p.has_enough_clients,
        p.is_spread,
        p.is_known,
        coalesce(p.num_of_providers, 0) as num_of_providers
    from granted g
    inner join averages a on a.week = g.week
    left join alike p on p.week = g.week and p.allocator = g.allocator
),

switches as (
    select r.by_rate, c.by_clients, z.by_size
    from (values (true), (false)) r (by_rate)
    cross join (values (true), (false)) c (by_clients)
    cross join (values (true), (false)) z (by_size)
),

-- A test that is switched off gives its point.
points as (
    select
        p.*,
        s.*,
        (p.is_above or not s.by_rate)::integer
        + (p.has_enough_clients or not s.by_clients)::integer
        + (p.is_spread or not s.by_size)::integer as points
    from passed p
    cross join switches s
),

final as (
    select
        p.week::timestamp(3) as week,
        p.allocator,
        p.average_of,
        p.by_rate as check_retrievability,
        p.by_clients as check_number_of_clients,
        p.by_size as check_total_deal_size,
        p.total_datacap,
        sum(p.num_of_providers)::integer as total_sps,
        coalesce(sum(p.num_of_providers) filter (where p.is_known and p.points = 3), 0)::integer as compliant_sps,
        coalesce(sum(p.num_of_providers) filter (where p.is_known and p.points between 1 and 2), 0)::integer
            as partially_compliant_sps,
        coalesce(sum(p.num_of_providers) filter (where p.is_known and p.points = 0), 0)::integer as non_compliant_sps,
        r.rule_version
    from points p
    inner join rules r on r.week = p.week
    group by
        p.week, p.allocator, p.average_of, p.by_rate, p.by_clients, p.by_size, p.total_datacap, r.rule_version
)

select * from final
