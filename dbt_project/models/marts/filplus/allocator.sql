with allocators as (
    select * from {{ ref("stg_dmob__allocators") }}
),

final as (
    select
        id,
        address,
        name,
        is_virtual,
        is_metaallocator,
        is_multisig,
        is_removed,
        ethereum_address,
        datacap_source,
        created_at::timestamp(3) as created_at
    from allocators
    where id is not null and {{ in_run() }}
)

select * from final
