with deals as (
    select * from {{ ref("stg_dmob__verified_deals") }}
),

grouped as (
    select
        date_trunc('hour', started_at) as hour,
        client_id,
        provider_id,
        count(*) as num_of_claims,
        count(*) filter (where deal_id = 0) as num_of_ddo_claims,
        coalesce(sum(piece_size_bytes), 0) as total_deal_size,
        coalesce(sum(piece_size_bytes) filter (where deal_id = 0), 0) as total_ddo_deal_size
    from deals
    where {{ in_window_or_before_first("started_at") }}
    group by 1, 2, 3
),

final as (
    select
        hour::timestamp(3) as hour,
        {{ actor_id("client_id") }} as client,
        {{ actor_id("provider_id") }} as provider,
        num_of_claims::integer as num_of_claims,
        num_of_ddo_claims::integer as num_of_ddo_claims,
        total_deal_size::bigint as total_deal_size,
        total_ddo_deal_size::bigint as total_ddo_deal_size
    from grouped
)

select * from final
