with allowances as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

final as (
    select
        id::integer as id,
        client as client_id,
        allocator as allocator_id,
        allowance_bytes as allocation,
        granted_at::timestamp(3) as timestamp
    from allowances
    where
        height >= {{ start_height() }}
        and client is not null
        and allocator is not null
        and {{ in_run() }}
)

select * from final
