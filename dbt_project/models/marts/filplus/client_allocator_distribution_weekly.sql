with allowances as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

final as (
    select
        date_trunc('week', granted_at)::timestamp(3) as week,
        client,
        allocator,
        count(*)::integer as num_of_allocations,
        sum(allowance_bytes)::bigint as sum_of_allocations
    from allowances
    where
        height >= {{ start_height() }}
        and client is not null
        and allocator is not null
        and {{ in_window("granted_at") }}
    group by 1, 2, 3
)

select * from final
