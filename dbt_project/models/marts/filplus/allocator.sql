with verifiers as (
    select * from {{ source("raw_dmob", "verifier") }}
),

final as (
    select
        address_id as id,
        address,
        nullif(trim(nullif(name, 'n/a')), '') as name,
        coalesce(is_virtual, false) as is_virtual,
        coalesce(is_meta_allocator, false) as is_metaallocator
    from verifiers
    where address_id is not null and {{ in_run() }}
)

select * from final
