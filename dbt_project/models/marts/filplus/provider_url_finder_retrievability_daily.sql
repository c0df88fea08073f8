with observed as (
    select * from {{ ref("stg_url_finder__provider_retrievability") }}
),

final as (
    select
        day::timestamp(3) as date,
        provider,
        success_rate
    from observed
    where {{ in_window("day") }}
)

select * from final
