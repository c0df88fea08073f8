{#- True, over the deals of a piece, if one landed or started since the running week was written. A run sets
    changed_since to that moment (cdp_assets.filplus.deals.weekly_guard) only if deals were merely added; else it
    rebuilds the full window. One pass over the week's deals: Postgres would plan a join to the few new ones as a
    nested loop. -#}
{% macro is_changed() -%}
    bool_or(
        sync_version > {{ var("changed_since")["version"] }}
        or started_at > timestamp '{{ var("changed_since")["as_of"] }}'
    )
{%- endmacro %}
