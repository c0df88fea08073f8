with observed as (
    select * from {{ source("raw_url_finder", "provider_retrievability") }}
),

final as (
    select
        day::timestamp(3) as date,
        provider,
        -- numeric until the last step, so that equal percents give equal doubles
        (retrievability_percent / 100)::double precision as success_rate
    from observed
    where {{ in_window("day") }}
)

select * from final
