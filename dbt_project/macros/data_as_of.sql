{#- Clock of the newest good partition of a mart; read once per query through the index. -#}
{% macro data_as_of(mart) -%}
    (
        select s.as_of
        from ops.asset_partition_status s
        where s.asset_key = 'filplus/{{ mart }}' and s.state = 'MATERIALIZED'
        order by s.window_start desc nulls last
        limit 1
    )
{%- endmacro %}
