{#- Smallest size that each (client, provider, piece) of a relation showed before the window. A few weeks
    are looked up piece by piece through the key, so the cost follows the window; a long range reads
    the history once instead. -#}
{% macro smallest_sizes_before_window(pieces_in_window) %}
    {%- set weeks = (modules.datetime.datetime.fromisoformat(var("max_date")) - modules.datetime.datetime.fromisoformat(var("min_date"))).days / 7 -%}
    {%- if weeks <= 4 -%}
    select k.client_id, k.provider_id, k.piece_id, h.unique_data_size
    from (
        select client_id, provider_id, piece_id
        from {{ pieces_in_window }}
        group by client_id, provider_id, piece_id
    ) k
    cross join lateral (
        select min(h.unique_data_size) as unique_data_size
        from {{ ref("client_provider_piece_weekly") }} h
        where
            h.client_id = k.client_id
            and h.provider_id = k.provider_id
            and h.piece_id = k.piece_id
            and h.week < {{ window_start() }}
        offset 0
    ) h
    {%- else -%}
    select client_id, provider_id, piece_id, min(unique_data_size) as unique_data_size
    from {{ ref("client_provider_piece_weekly") }}
    where week < {{ window_start() }}
    group by client_id, provider_id, piece_id
    {%- endif -%}
{% endmacro %}
