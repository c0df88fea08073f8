{#- Clock of the newest good partition of a table; read once per query through the index. -#}
{% macro data_as_of(table, schema="filplus") -%}
    (
        select s.as_of
        from ops.asset_partition_status s
        where s.asset_key = '{{ schema }}/{{ table }}' and s.state = 'MATERIALIZED'
        order by s.window_start desc nulls last
        limit 1
    )
{%- endmacro %}

{#- The same for a table with rows of several chains, each an asset of its own: one row per chain. -#}
{% macro chains_as_of(table) -%}
    (
        select
            c.chain_id,
            (
                select max(s.as_of)
                from ops.asset_partition_status s
                where
                    s.asset_key = 'validators/' || replace(c.chain_id, '-', '_') || '/{{ table }}'
                    and s.state = 'MATERIALIZED'
            ) as data_as_of
        from {{ source("validators", "chain_registry") }} c
    )
{%- endmacro %}

{#- A number that a source writes as text; null where the text is no number. -#}
{% macro number_of(column) -%}
    case when {{ column }} ~ '^-?[0-9]+([.][0-9]+)?$' then {{ column }}::numeric end
{%- endmacro %}
