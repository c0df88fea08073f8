-- The running totals of week W are those of W - 1 plus what W adds: all its bytes, and its unique bytes less
-- what the pair's pieces repeat of earlier weeks.
with pieces as (
    select * from {{ ref("client_provider_piece_weekly") }}
),

added as (
    select week, client, provider, total_deal_size, unique_data_size
    from {{ ref("client_provider_distribution_weekly") }}
    where {{ in_window("week") }}
),

repeated as (
    select
        week,
        {{ actor_id("client_id") }} as client,
        {{ actor_id("provider_id") }} as provider,
        0 as total_deal_size,
        -sum(repeated_data_size) as unique_data_size
    from {{ ref("client_provider_repeated_piece_weekly") }}
    where {{ in_window("week") }}
    group by week, client_id, provider_id
),

base as (
    {% if var("accumulate_from") == "snapshot" and is_incremental() -%}
    select client, provider, total_deal_size, unique_data_size
    from {{ this }}
    where week = {{ window_start() }} - interval '7 days'
    {%- else -%}
    select
        {{ actor_id("client_id") }} as client,
        {{ actor_id("provider_id") }} as provider,
        sum(total_deal_size) as total_deal_size,
        coalesce(sum(unique_data_size), 0) as unique_data_size
    from (
        select
            client_id, provider_id,
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
    from added
    union all
    select week, client, provider, total_deal_size, unique_data_size
    from repeated
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
    from steps_by_week
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
