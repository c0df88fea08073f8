{#- Analyze a relation that has outgrown its statistics, in the transaction that wrote it, before any query reads
    it (migration 0022): a plan must not depend on whether autovacuum has run. -#}
{% macro analyze_outgrown(relation) -%}
    {%- if execute and var("run_id") -%}
        select ops.analyze_outgrown('{{ relation }}')
    {%- endif -%}
{%- endmacro %}
