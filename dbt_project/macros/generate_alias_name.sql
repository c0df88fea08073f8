{#- The name of a view of `api_v1` lacks the prefix that separates its model from that of its table. -#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ (custom_alias_name or node.name.removeprefix("api__")) | trim }}
{%- endmacro %}
