-- depends_on: {{ ref("stg_dmob__verified_deals") }}  (the changed pieces are read from it)
-- Of n bytes in the week, b the smallest before: unique data over the history changes by least(b, n) - b.
-- The week's own unique data counts n, so what it counts too much is n - (least(b, n) - b) = greatest(b, n).
-- Without a known size in the week, or before it, the one that there is counts once: nothing is too much.
-- Not materialized: each look-up has to reach the key of the table.
with pieces as not materialized (
    select * from {{ ref("client_provider_piece_weekly") }}
),

{% if weeks_in_window() <= 4 -%}
-- A few weeks are looked up piece by piece through the key: the cost follows the window.
pieces_in_window as (
    {% if var("changed_since") -%}
    select
        date_trunc('week', started_at)::timestamp(3) as week,
        client_id,
        provider_id,
        coalesce(piece_id, 0) as piece_id,
        min(piece_size_bytes) as unique_data_size
    from {{ ref("stg_dmob__verified_deals") }}
    where {{ in_window("started_at") }}
    group by 1, 2, 3, 4
    having {{ is_changed() }}
    {%- else -%}
    select week, client_id, provider_id, piece_id, unique_data_size
    from pieces
    where {{ in_window("week") }}
    {%- endif %}
),

compared as (
    select w.*, h.smallest_before
    from pieces_in_window w
    cross join lateral (
        select min(p.unique_data_size) as smallest_before
        from pieces p
        where
            p.client_id = w.client_id
            and p.provider_id = w.provider_id
            and p.piece_id = w.piece_id
            and p.week < w.week
        offset 0
    ) h
),
{%- else -%}
-- A long range reads the history once, in the order of the key.
compared as (
    select
        week, client_id, provider_id, piece_id, unique_data_size,
        min(unique_data_size) over (
            partition by client_id, provider_id, piece_id order by week
            rows between unbounded preceding and 1 preceding
        ) as smallest_before
    from pieces
    where week < {{ window_end() }}
),
{%- endif %}

final as (
    select
        week,
        client_id,
        provider_id,
        piece_id,
        greatest(smallest_before, unique_data_size) as repeated_data_size
    from compared
    where {{ in_window("week") }} and smallest_before is not null and unique_data_size is not null
)

select * from final
