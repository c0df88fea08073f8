with pieces as (
    select * from {{ ref("client_provider_piece_weekly") }}
),

grouped as (
    select
        week,
        client_id,
        provider_id,
        sum(total_deal_size) as total_deal_size,
        coalesce(sum(unique_data_size), 0) as unique_data_size
    from pieces
    where {{ in_window("week") }}
    group by week, client_id, provider_id
),

final as (
    select
        week,
        {{ actor_id("client_id") }} as client,
        {{ actor_id("provider_id") }} as provider,
        total_deal_size::bigint as total_deal_size,
        unique_data_size::bigint as unique_data_size
    from grouped
)

select * from final
