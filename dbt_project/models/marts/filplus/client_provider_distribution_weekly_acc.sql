-- The running totals of week W are those of W - 1 plus what W adds. A piece adds its size to the unique
-- data only as far as it lies below the smallest size that the pair has shown for it so far.
with pieces as (
    select * from {{ ref("client_provider_piece_weekly") }}
),

pieces_in_window as (
    select week, client_id, provider_id, piece_id, total_deal_size, unique_data_size
    from pieces
    where {{ in_window("week") }}
),

smallest_before as (
    {{ smallest_sizes_before_window("pieces_in_window") }}
),

added_by_piece as (
    select
        w.week,
        w.client_id,
        w.provider_id,
        w.total_deal_size,
        least(
            b.unique_data_size,
            min(w.unique_data_size) over (
                partition by w.client_id, w.provider_id, w.piece_id order by w.week
            )
        ) as smallest_now,
        least(
            b.unique_data_size,
            min(w.unique_data_size) over (
                partition by w.client_id, w.provider_id, w.piece_id order by w.week
                rows between unbounded preceding and 1 preceding
            )
        ) as smallest_so_far
    from pieces_in_window w
    left join smallest_before b
        on b.client_id = w.client_id
        and b.provider_id = w.provider_id
        and b.piece_id = w.piece_id
),

added_in_window as (
    select
        week,
        {{ actor_id("client_id") }} as client,
        {{ actor_id("provider_id") }} as provider,
        sum(total_deal_size) as total_deal_size,
        sum(smallest_now - coalesce(smallest_so_far, 0)) as unique_data_size
    from added_by_piece
    group by week, client_id, provider_id
),

base as (
    {% if var("accumulate_from") == "snapshot" and is_incremental() -%}
    select client, provider, total_deal_size::numeric as total_deal_size, unique_data_size::numeric as unique_data_size
    from {{ this }}
    where week = {{ window_start() }} - interval '7 days'
    {%- else -%}
    select
        {{ actor_id("client_id") }} as client,
        {{ actor_id("provider_id") }} as provider,
        sum(total_deal_size) as total_deal_size,
        sum(unique_data_size) as unique_data_size
    from (
        select
            client_id, provider_id, piece_id,
            sum(total_deal_size) as total_deal_size,
            min(unique_data_size) as unique_data_size
        from pieces
        where week < {{ window_start() }}
        group by client_id, provider_id, piece_id
    ) by_piece
    group by client_id, provider_id
    {%- endif %}
),

steps as (
    select {{ window_start() }} as week, client, provider, total_deal_size, unique_data_size
    from base
    union all
    select week, client, provider, total_deal_size, unique_data_size
    from added_in_window
),

steps_by_week as (
    select
        week,
        client,
        provider,
        sum(total_deal_size) as total_deal_size,
        sum(unique_data_size) as unique_data_size
    from steps
    group by week, client, provider
),

pairs as (
    select client, provider, min(week) as first_week
    from steps
    group by client, provider
),

weeks as (
    select generate_series({{ window_start() }}, {{ window_end() }} - interval '1 second', interval '7 days') as week
),

accumulated as (
    select
        w.week,
        p.client,
        p.provider,
        sum(s.total_deal_size) over running as total_deal_size,
        sum(s.unique_data_size) over running as unique_data_size
    from pairs p
    inner join weeks w on w.week >= p.first_week
    left join steps_by_week s
        on s.week = w.week
        and s.client = p.client
        and s.provider = p.provider
    window running as (partition by p.client, p.provider order by w.week)
),

final as (
    select
        week::timestamp(3) as week,
        client,
        provider,
        total_deal_size::bigint as total_deal_size,
        unique_data_size::bigint as unique_data_size
    from accumulated
)

select * from final
