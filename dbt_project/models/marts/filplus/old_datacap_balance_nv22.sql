with received as (
    select * from {{ source("raw_dmob", "verifier_allowance") }}
),

granted as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

received_before as (
    select address_id as allocator, sum(allowance) as allowance_bytes
    from received
    where height < {{ start_height() }} and address_id is not null and {{ in_run() }}
    group by address_id
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
        greatest(0, coalesce(r.allowance_bytes, 0) - g.allowance_bytes)::bigint as old_dc_balance
    from received_before r
    inner join granted_before g on g.allocator = r.allocator -- R-16: who granted nothing is left out
)

select * from final
