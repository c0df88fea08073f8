with hourly as (
    select * from {{ ref("unified_verified_deal_hourly") }}
),

final as (
    select
        hour,
        client,
        sum(total_deal_size)::bigint as total_deal_size
    from hourly
    where {{ in_window_or_before_first("hour") }}
    group by hour, client
)

select * from final
