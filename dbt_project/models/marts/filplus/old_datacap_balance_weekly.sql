with opening as (
    select * from {{ ref("old_datacap_balance_nv22") }}
),

granted as (
    select * from {{ ref("allocators_weekly_acc") }}
),

allowances as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

-- the week before the first partition is in no table: only the run of that one sums its grants
granted_before_first as (
    select allocator, sum(allowance_bytes) as total_sum_of_allocations
    from allowances
    where
        {{ window_start() }} = {{ partitions_start() }}
        and height >= {{ start_height() }}
        and client is not null
        and allocator is not null
        and granted_at < {{ window_start() }}
    group by allocator
),

granted_by_week as (
    select week, allocator, total_sum_of_allocations
    from granted
    where week >= {{ window_start() }} - interval '7 days' and week < {{ window_end() }}
    union all
    select {{ window_start() }} - interval '7 days', allocator, total_sum_of_allocations from granted_before_first
),

-- the week before gives the balance that an allocation is the difference to
weeks as (
    select generate_series(
        greatest({{ window_start() }} - interval '7 days', {{ old_datacap_first_week() }}),
        {{ window_end() }} - interval '1 second',
        interval '7 days'
    ) as week
),

balances as (
    select
        w.week,
        o.allocator,
        greatest(0, o.old_dc_balance - coalesce(g.total_sum_of_allocations, 0)) as old_dc_balance
    from weeks w
    cross join opening o
    left join granted_by_week g on g.week = w.week and g.allocator = o.allocator
),

followed as (
    select
        week,
        allocator,
        old_dc_balance,
        lag(old_dc_balance) over (partition by allocator order by week) as balance_before
    from balances
),

final as (
    select
        week::timestamp(3) as week,
        allocator,
        old_dc_balance::bigint as old_dc_balance,
        coalesce(balance_before - old_dc_balance, 0)::bigint as allocations
    from followed
    where {{ in_window("week") }}
)

select * from final
