{#- Analyze a relation that has outgrown its statistics, in the transaction that wrote it, before anybody reads
    it (migration 0022): a plan must not hang on whether autovacuum came by. -#}
{% macro analyze_outgrown(relation) -%}
    {%- if execute and var("run_id") -%}
        select ops.analyze_outgrown('{{ relation }}')
    {%- endif -%}
{%- endmacro %}
