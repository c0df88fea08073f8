-- The grants are few, so each week is summed from all of them: no week is built on another one.
with allowances as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

weeks as (
    select generate_series({{ window_start() }}, {{ window_end() }} - interval '1 second', interval '7 days') as week
),

by_week as (
    select
        date_trunc('week', granted_at) as week,
        client,
        allocator,
        count(*) as num_of_allocations,
        sum(allowance_bytes) as sum_of_allocations
    from allowances
    where
        height >= {{ start_height() }}
        and client is not null
        and allocator is not null
        and granted_at < {{ window_end() }}
    group by 1, 2, 3
),

final as (
    select
        w.week::timestamp(3) as week,
        g.client,
        g.allocator,
        sum(g.num_of_allocations)::integer as num_of_allocations,
        sum(g.sum_of_allocations)::bigint as sum_of_allocations
    from weeks w
    inner join by_week g on g.week <= w.week
    group by w.week, g.client, g.allocator
)

select * from final
