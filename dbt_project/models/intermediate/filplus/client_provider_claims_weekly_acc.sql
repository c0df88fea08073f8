-- Claims of week W so far are those of W - 1 plus those of W's pieces.
with pieces as not materialized (
    select * from {{ ref("client_provider_piece_weekly") }}
),

steps as (
    {% if var("accumulate_from") == "snapshot" and is_incremental() -%}
    select {{ window_start() }} as week, client_id, provider_id, num_of_claims
    from {{ this }}
    where week = {{ window_start() }} - interval '7 days'
    {%- else -%}
    select {{ window_start() }} as week, client_id, provider_id, sum(num_of_claims) as num_of_claims
    from pieces
    where week < {{ window_start() }}
    group by client_id, provider_id
    {%- endif %}
    union all
    select week, client_id, provider_id, sum(num_of_claims) as num_of_claims
    from pieces
    where {{ in_window("week") }}
    group by week, client_id, provider_id
),

steps_by_week as (
    select week, client_id, provider_id, sum(num_of_claims) as num_of_claims
    from steps
    group by week, client_id, provider_id
),

pairs as (
    select client_id, provider_id, min(week) as first_week
    from steps_by_week
    group by client_id, provider_id
),

weeks as (
    select generate_series({{ window_start() }}, {{ window_end() }} - interval '1 second', interval '7 days') as week
),

final as (
    select
        w.week::timestamp(3) as week,
        p.client_id,
        p.provider_id,
        (sum(s.num_of_claims) over (partition by p.client_id, p.provider_id order by w.week))::bigint as num_of_claims
    from pairs p
    inner join weeks w on w.week >= p.first_week
    left join steps_by_week s
        on s.week = w.week
        and s.client_id = p.client_id
        and s.provider_id = p.provider_id
)

select * from final
