-- depends_on: {{ ref("unified_verified_deal_hourly") }}  (a week is built from landed deals, and only after its hours)
with deals as (
    select * from {{ ref("stg_dmob__verified_deals") }}
),

final as (
    select
        date_trunc('week', started_at)::timestamp(3) as week,
        client_id,
        provider_id,
        coalesce(piece_id, 0) as piece_id,
        coalesce(sum(piece_size_bytes), 0)::bigint as total_deal_size,
        min(piece_size_bytes)::bigint as unique_data_size, -- null if none is known: 0 would be the smallest of all weeks
        coalesce(max(piece_size_bytes), 0)::bigint as largest_piece_size,
        count(*)::integer as num_of_claims
    from deals
    where {{ in_window_or_before_first("started_at") }}
    group by 1, 2, 3, 4
    {% if var("changed_since") -%}
    having {{ is_changed() }}
    {%- endif %}
)

select * from final
