-- Running claims of a client that began with a balance are its cumulative deals; another client has a
-- row, and its claims count, only in weeks with a grant of an allocator with old datacap (R-17).
with grants as (
    select * from {{ ref("client_allocator_distribution_weekly") }}
),

allowances as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

pieces as not materialized (
    select * from {{ ref("client_provider_piece_weekly") }}
),

allocators as (
    select * from {{ ref("old_datacap_balance_nv22") }}
),

clients as (
    select * from {{ ref("old_datacap_client_balance_nv22") }}
),

claimed as (
    select * from {{ ref("client_provider_distribution_weekly") }}
),

claimed_so_far as (
    select * from {{ ref("client_provider_distribution_weekly_acc") }}
),

-- weeks before the first partition are in no table of grants or claims
granted_by_week as (
    select week, client, allocator, sum_of_allocations
    from grants
    where week < {{ window_end() }}
    union all
    select date_trunc('week', granted_at), client, allocator, sum(allowance_bytes)
    from allowances
    where
        height >= {{ start_height() }}
        and client is not null
        and allocator is not null
        and granted_at < {{ partitions_start() }}
    group by 1, 2, 3
),

granted as (
    select
        g.week,
        g.client,
        g.sum_of_allocations as granted,
        a.old_dc_balance - sum(g.sum_of_allocations) over (
            partition by g.allocator order by g.week, g.client
            rows between unbounded preceding and current row
        ) as remaining
    from granted_by_week g
    inner join allocators a on a.allocator = g.allocator
),

-- old datacap is spent first, in the order of weeks and client ids
old_granted as (
    select week, client, sum(greatest(0, least(granted, granted + remaining))) as old_alloc
    from granted
    group by week, client
),

weeks as (
    select generate_series(
        greatest({{ window_start() }} - interval '7 days', {{ old_datacap_first_week() }}),
        {{ window_end() }} - interval '1 second',
        interval '7 days'
    ) as week
),

old_granted_so_far as (
    select w.week, o.client, sum(o.old_alloc) as old_alloc
    from weeks w
    inner join old_granted o on o.week <= w.week
    group by w.week, o.client
),

claims_of_openers as (
    select d.week, d.client, sum(d.total_deal_size) as claims
    from claimed_so_far d
    inner join clients c on c.client = d.client
    where d.week >= {{ window_start() }} - interval '7 days' and d.week < {{ window_end() }}
    group by d.week, d.client
    union all
    select {{ window_start() }} - interval '7 days', c.client, p.claims
    from clients c
    cross join lateral (
        select sum(p.total_deal_size) as claims
        from pieces p
        where p.client_id = {{ actor_number("c.client") }} and p.week < {{ window_start() }}
    ) p
    where {{ window_start() }} = {{ partitions_start() }}
),

openers as (
    select
        w.week,
        c.client,
        coalesce(this_week.old_alloc, 0) as old_alloc,
        c.old_dc_balance + coalesce(so_far.old_alloc, 0) - coalesce(d.claims, 0) as balance
    from weeks w
    cross join clients c
    left join old_granted this_week on this_week.week = w.week and this_week.client = c.client
    left join claims_of_openers d on d.week = w.week and d.client = c.client
    left join old_granted_so_far so_far on so_far.week = w.week and so_far.client = c.client
),

others as (
    select
        o.week,
        o.client,
        o.old_alloc,
        sum(o.old_alloc - coalesce(d.claims, 0)) over (
            partition by o.client order by o.week rows between unbounded preceding and current row
        ) as balance
    from old_granted o
    cross join lateral (
        select sum(c.total_deal_size) as claims
        from (
            select total_deal_size
            from claimed
            where week = o.week and client = o.client
            union all
            select total_deal_size
            from pieces
            where
                o.week < {{ partitions_start() }}
                and week = o.week
                and client_id = {{ actor_number("o.client") }}
        ) c
    ) d
    where
        not exists (select from clients c where c.client = o.client)
        -- others have no row in the window either
        and exists (select from old_granted n where n.client = o.client and {{ in_window("n.week") }})
),

balances as (
    select week, client, old_alloc, greatest(0, balance) as old_dc_balance
    from openers
    union all
    select week, client, old_alloc, greatest(0, balance) as old_dc_balance
    from others
),

followed as (
    select
        week,
        client,
        old_dc_balance,
        coalesce(
            lag(old_dc_balance) over (partition by client order by week) + old_alloc - old_dc_balance, 0
        ) as claims
    from balances
),

final as (
    select
        week::timestamp(3) as week,
        client,
        old_dc_balance::bigint as old_dc_balance,
        claims::bigint as claims
    from followed
    where {{ in_window("week") }} and (old_dc_balance > 0 or claims > 0)
)

select * from final
