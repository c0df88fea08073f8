with received as (
    select * from {{ ref("stg_dmob__allocator_allowances") }}
),

granted as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

received_before as (
    select allocator, sum(allowance_bytes) as allowance_bytes
    from received
    where height < {{ start_height() }} and allocator is not null and {{ in_run() }}
    group by allocator
),

granted_before as (
    select allocator, sum(allowance_bytes) as allowance_bytes
    from granted
    where height < {{ start_height() }} and allocator is not null and {{ in_run() }}
    group by allocator
),

final as (
    select
        r.allocator,
        greatest(0, r.allowance_bytes - g.allowance_bytes)::bigint as old_dc_balance
    from received_before r
    inner join granted_before g on g.allocator = r.allocator -- R-16: an allocator without a grant has no row
)

select * from final
