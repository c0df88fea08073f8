with hours as (
    select * from {{ ref("unified_verified_deal_hourly") }}
),

final as (
    select
        date_trunc('week', hour)::timestamp(3) as week,
        sum(num_of_claims)::bigint as num_of_claims,
        sum(num_of_ddo_claims)::bigint as num_of_ddo_claims,
        sum(total_deal_size)::bigint as total_deal_size,
        sum(total_ddo_deal_size)::bigint as total_ddo_deal_size
    from hours
    where {{ in_window_or_before_first("hour") }}
    group by date_trunc('week', hour)
)

select * from final
