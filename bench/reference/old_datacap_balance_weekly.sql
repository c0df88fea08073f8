-- compliance §3.20, over §3.11; the series steps on Mondays (R-10)
with balances as (
    select
        w.week,
        n.allocator,
        greatest(0, n.old_dc_balance - coalesce(a.total_sum_of_allocations, 0)) as old_dc_balance
    from (
        select generate_series(
            timestamp '2024-02-19 00:00:00', date_trunc('week', %(as_of)s at time zone 'UTC'), interval '7 days'
        ) as week
    ) w
    cross join reference.old_datacap_balance_nv22 n
    left join reference.allocators_weekly_acc a on a.week = w.week and a.allocator = n.allocator
)

select
    week::timestamp(3) as week,
    allocator,
    old_dc_balance::bigint as old_dc_balance,
    coalesce(lag(old_dc_balance) over (partition by allocator order by week) - old_dc_balance, 0)::bigint as allocations
from balances
