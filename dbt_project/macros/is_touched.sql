{#- Tells, over the deals of a piece, whether one landed or started since the running week was made. A run names
    that moment in changed_since (cdp_assets.filplus.deals.weekly_guard) only while deals were merely added; else the window
    is whole. One pass over the week's deals: a join to the few new ones would be planned as a nested loop. -#}
{% macro is_changed() -%}
    bool_or(
        sync_version > {{ var("changed_since")["version"] }}
        or started_at > timestamp '{{ var("changed_since")["as_of"] }}'
    )
{%- endmacro %}
