-- compliance §3.20, the five steps in their order, over §3.2, §3.7 and the two of nv22
with used as (
    select
        c.week,
        c.client,
        c.sum_of_allocations as s,
        n.old_dc_balance - sum(c.sum_of_allocations) over (
            partition by c.allocator order by c.week, c.client rows unbounded preceding
        ) as rem
    from reference.client_allocator_distribution_weekly c
    inner join reference.old_datacap_balance_nv22 n on n.allocator = c.allocator
),

old_alloc as (
    select week, client, sum(greatest(0, least(s, s + rem))) as old_alloc
    from used
    group by week, client
),

grid as (
    select w.week, n.client, n.old_dc_balance as base
    from (
        select generate_series(
            timestamp '2024-02-19 00:00:00', date_trunc('week', %(as_of)s at time zone 'UTC'), interval '7 days'
        ) as week
    ) w
    cross join reference.old_datacap_client_balance_nv22 n
),

claims as (
    select date_trunc('week', hour) as week, client, sum(total_deal_size) as claims
    from reference.client_claims_hourly
    group by 1, 2
),

lines as (
    select
        week,
        client,
        coalesce(g.base, 0) as base,
        coalesce(o.old_alloc, 0) as old_alloc,
        coalesce(c.claims, 0) as claims
    from old_alloc o
    full join grid g using (week, client)
    left join claims c using (week, client)
),

balances as (
    select
        week,
        client,
        old_alloc,
        greatest(0, base + sum(old_alloc) over running - sum(claims) over running) as old_dc_balance
    from lines
    window running as (partition by client order by week)
),

followed as (
    select
        week,
        client,
        old_dc_balance,
        coalesce(lag(old_dc_balance) over (partition by client order by week) + old_alloc - old_dc_balance, 0) as claims
    from balances
)

select
    week::timestamp(3) as week,
    client,
    old_dc_balance::bigint as old_dc_balance,
    claims::bigint as claims
from followed
where old_dc_balance > 0 or claims > 0
