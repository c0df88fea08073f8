{#- The window that a run replaces: the only place that reads min_date, max_date and as_of. -#}

{% macro window_start() -%} timestamp '{{ var("min_date") }}' {%- endmacro %}

{% macro window_end() -%} timestamp '{{ var("max_date") }}' {%- endmacro %}

{% macro as_of() -%} timestamp '{{ var("as_of") }}' {%- endmacro %}

{% macro in_window(column) -%}
    {{ column }} >= {{ window_start() }} and {{ column }} < {{ window_end() }}
{%- endmacro %}

{#- Length of the window in weeks. -#}
{% macro weeks_in_window() -%}
    {%- set datetime = modules.datetime.datetime -%}
    {{- return((datetime.fromisoformat(var("max_date")) - datetime.fromisoformat(var("min_date"))).days / 7) -}}
{%- endmacro %}

{#- First instant of the first partition. -#}
{% macro partitions_start() -%} timestamp '{{ var("partitions_start") }}' {%- endmacro %}

{#- Deals before the first partition count in running totals and first hours (compliance §3.3, §3.6: full
    history), so the first partition of the hours and of the piece table reaches back to the programme's
    start. -#}
{% macro in_window_or_before_first(column) -%}
    {% if var("min_date") == var("partitions_start") and var("min_date") != var("max_date") -%}
        {{ column }} < {{ window_end() }}
    {%- else -%}
        {{ in_window(column) }}
    {%- endif %}
{%- endmacro %}

{#- Delete the window, insert it, in the transaction that the publishing post-hook also runs in. A table
    with changed_keys selects only the rows of those keys while a week runs; then only these are replaced. -#}
{% macro get_incremental_partition_window_sql(arg_dict) %}
    {%- set target = arg_dict["target_relation"] -%}
    {%- set columns = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
    {%- set partition = config.require("meta")["partition"] -%}
    {%- set is_by_keys = var("changed_since") and partition.get("changed_keys") -%}
    select set_config('cdp.read_until', clock_timestamp()::text, true);

    {% if is_by_keys %}{{ cdp.analyze_outgrown(arg_dict["temp_relation"]) }};{% endif %}

    with gone as (
        {% if is_by_keys -%}
        delete from {{ target }} t
        using {{ arg_dict["temp_relation"] }} n
        where
            {%- for column in config.require("meta")["primary_key"] %}
            t.{{ column }} = n.{{ column }}{{ " and" if not loop.last }}
            {%- endfor %}
        returning 1
        {%- else -%}
        delete from {{ target }}
        where {{ cdp.in_window_or_before_first(partition["column"]) if partition.get("reaches_back") else cdp.in_window(partition["column"]) }}
        returning 1
        {%- endif %}
    )

    select set_config('cdp.rows_deleted', count(*)::text, true) from gone;

    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict["temp_relation"] }}
    order by {{ config.require("meta")["primary_key"] | join(", ") }}
{% endmacro %}

{#- The day of the clock, the only one that can be observed if a source has no history. -#}
{% macro present_day() -%} date_trunc('day', {{ as_of() }}) {%- endmacro %}

{#- Rows of past days, as they were counted on those days: the model writes them back unchanged. -#}
{% macro kept_days(columns) %}
    select {{ columns | join(", ") }}
    from {{ this }}
    where {{ in_window("date") }} and date <> {{ present_day() }}
{% endmacro %}
