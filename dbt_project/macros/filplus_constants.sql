{#- 2024-03-01T00:00:00Z, height 3698160: no deal before it counts (compliance §1.3). -#}
{% macro filplus_start() -%} timestamp '2024-03-01 00:00:00' {%- endmacro %}

{#- Actor numbers become prefixed ids (compliance §1.1). -#}
{% macro actor_id(column) -%} 'f0' || {{ column }} {%- endmacro %}
