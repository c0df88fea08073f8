-- compliance §3.11 over §3.7, §3.5 and §3.9 of the same week only (issue B, item 2); the rate in numeric, a double last
with rho as (
    select
        c.week,
        c.allocator,
        (
            sum(d.total_deal_size * coalesce(p.avg_retrievability_success_rate_url_finder, 0)::numeric)
            / nullif(sum(d.total_deal_size), 0)
        )::double precision as rate,
        bool_or(coalesce(p.is_measured, false)) as is_measured
    from reference.client_allocator_distribution_weekly c
    inner join reference.client_provider_distribution_weekly d on d.client = c.client and d.week = c.week
    left join reference.providers_weekly p on p.provider = d.provider and p.week = d.week
    group by c.week, c.allocator
),

grouped as (
    select
        week,
        allocator,
        count(*)::integer as num_of_clients,
        max(sum_of_allocations) as biggest_client_sum_of_allocations,
        sum(sum_of_allocations)::bigint as total_sum_of_allocations
    from reference.client_allocator_distribution_weekly
    group by week, allocator
)

select
    g.week,
    g.allocator,
    g.num_of_clients,
    g.biggest_client_sum_of_allocations,
    g.total_sum_of_allocations,
    null::double precision as avg_weighted_retrievability_success_rate,
    null::double precision as avg_weighted_retrievability_success_rate_http,
    coalesce(r.rate, 0) as avg_weighted_retrievability_success_rate_url_finder,
    coalesce(r.is_measured, false) as is_measured
from grouped g
left join rho r on r.week = g.week and r.allocator = g.allocator
