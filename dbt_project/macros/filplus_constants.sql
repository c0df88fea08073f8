{#- 2024-03-01T00:00:00Z, height 3698160: no deal before it counts (compliance §1.3). -#}
{% macro filplus_start() -%} timestamp '2024-03-01 00:00:00' {%- endmacro %}

{#- Actor numbers become prefixed ids (compliance §1.1). -#}
{% macro actor_id(column) -%} 'f0' || {{ column }} {%- endmacro %}

{#- The same for a text of the source, which may have its prefix already. -#}
{% macro actor_id_of_text(column) -%} 'f0' || regexp_replace({{ column }}, '^f0', '') {%- endmacro %}

{#- The number of a prefixed id, null of any other text. -#}
{% macro actor_number(column) -%}
    case when {{ column }} ~ '^f0[0-9]{1,18}$' then substr({{ column }}, 3)::bigint end
{%- endmacro %}

{#- Instant of a height, UTC (compliance §1.2). -#}
{% macro height_time(column) -%} (timestamp '2020-08-24 22:00:00' + {{ column }} * interval '30 seconds') {%- endmacro %}

{#- START_HEIGHT of compliance §1.3, the height of filplus_start(). -#}
{% macro start_height() -%} 3698160 {%- endmacro %}

{#- First week of the old-datacap series: that of seven days before the start (compliance §3.20). -#}
{% macro old_datacap_first_week() -%} timestamp '2024-02-19 00:00:00' {%- endmacro %}
