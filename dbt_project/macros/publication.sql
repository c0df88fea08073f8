{#- The ops contract of a dbt model: record the inputs' versions before reading, publish after writing. -#}

{#- Keys of the assets that a node reads, through ephemeral models. -#}
{% macro upstream_asset_keys(unique_ids) %}
    {%- set keys = [] -%}
    {%- for unique_id in unique_ids -%}
        {%- if unique_id in graph.sources -%}
            {%- set node = graph.sources[unique_id] -%}
            {%- do keys.append(node.schema ~ "/" ~ node.identifier) -%}
        {%- elif unique_id in graph.nodes -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- if node.config.materialized == "ephemeral" -%}
                {%- do keys.extend(fromjson(cdp.upstream_asset_keys(node.depends_on.nodes))) -%}
            {%- else -%}
                {%- do keys.append(node.schema ~ "/" ~ node.name) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(tojson(keys | unique | list)) -}}
{% endmacro %}

{#- A table that is updated by changed keys records the versions in changed_since, at which deals had merely been
    added: what landed since counts as newer. -#}
{% macro record_input_versions() %}
    {%- if execute and var("run_id") -%}
        {%- set keys = fromjson(cdp.upstream_asset_keys(model.depends_on.nodes)) -%}
        {%- if not keys -%}
            {{ exceptions.raise_compiler_error("no upstream of " ~ model.name ~ " is known: it would never become stale") }}
        {%- endif -%}
        {%- set is_by_keys = var("changed_since") and config.get("meta", {}).get("partition", {}).get("changed_keys") -%}
        select set_config(
            'cdp.input_versions',
            (
                select (
                    coalesce(jsonb_object_agg(k.key, coalesce(v.version, 0)), '{}')
                    {%- if is_by_keys %} || '{{ tojson(var("changed_since")["input_versions"]) }}'::jsonb {%- endif %}
                )::text
                from unnest(array['{{ keys | join("', '") }}']::text[]) k (key)
                left join ops.asset_version v on v.asset_key = k.key
            ),
            true
        ), set_config('timezone', 'UTC', true)
    {%- endif -%}
{% endmacro %}

{#- Whether the inputs of a week are final: those with weeks are, and those without partitions were built once. A
    model names them in meta.inputs; without any, time alone decides. -#}
{% macro has_final_inputs(window_start) -%}
    {%- set inputs = config.get("meta", {}).get("inputs", {}) -%}
    {%- if inputs.get("by_week") %}
            and not exists (
                select
                from unnest(array['{{ inputs["by_week"] | join("', '") }}']) k (key)
                left join ops.asset_partition_status i
                    on i.asset_key = k.key and i.window_start = {{ window_start }} at time zone 'UTC'
                where i.is_final is not true
            )
    {%- endif -%}
    {%- if inputs.get("unpartitioned") %}
            and not exists (
                select
                from unnest(array['{{ inputs["unpartitioned"] | join("', '") }}']) k (key)
                left join ops.asset_version v on v.asset_key = k.key
                where v.asset_key is null
            )
    {%- endif -%}
{%- endmacro %}

{#- One status row per partition of the window, with its rows counted. -#}
{% macro publish_window() %}
    {%- if execute and var("run_id") -%}
        {%- set partition = config.require("meta")["partition"] -%}
        {%- set key = model.schema ~ "/" ~ model.name -%}
        {%- set step = {"hour": "1 hour", "day": "1 day", "week": "7 days"}[partition["grain"]] -%}
        {%- set key_format = "YYYY-MM-DD-HH24:MI" if partition["grain"] == "hour" else "YYYY-MM-DD" -%}
        with published as (
            select ops.bump_version('{{ key }}', '{{ var("run_id") }}') as version
        ),

        counted as (
            select {{ partition["column"] }} as window_start, count(*) as row_count
            from {{ this }}
            where {{ cdp.in_window(partition["column"]) }}
            group by 1
        ),

        timed as (
            update ops.runs set
                rows_written = (select coalesce(sum(row_count), 0) from counted),
                rows_deleted = current_setting('cdp.rows_deleted')::bigint,
                read_seconds = extract(epoch from current_setting('cdp.read_until')::timestamptz - now()),
                write_seconds = extract(epoch from clock_timestamp() - current_setting('cdp.read_until')::timestamptz)
            where run_id = '{{ var("run_id") }}' and asset_key = '{{ key }}'
        )

        insert into ops.asset_partition_status as s (
            asset_key, partition_key, window_start, window_end, state, is_final, row_count, version,
            input_versions, as_of, code_version, run_id, materialized_at
        )
        select
            '{{ key }}', to_char(w.window_start, '{{ key_format }}'),
            w.window_start at time zone 'UTC', (w.window_start + interval '{{ step }}') at time zone 'UTC',
            {% if partition.get("observed_by") -%}
            coalesce(
                (
                    select o.state
                    from ops.asset_partition_status o
                    where
                        o.asset_key = '{{ partition["observed_by"] }}'
                        and o.window_start = w.window_start at time zone 'UTC'
                        and o.state = 'NOT_OBSERVED'
                ),
                'MATERIALIZED'
            )
            {%- elif partition.get("present_only") -%}
            case
                when
                    c.row_count is null and w.window_start + interval '{{ step }}' <= {{ cdp.as_of() }}
                    and not exists (
                        select from ops.asset_partition_status o
                        where
                            o.asset_key = '{{ key }}' and o.state = 'MATERIALIZED'
                            and o.window_start = w.window_start at time zone 'UTC'
                    )
                    then 'NOT_OBSERVED'
                else 'MATERIALIZED'
            end
            {%- else -%}
            'MATERIALIZED'
            {%- endif %},
            w.window_start + interval '{{ step }}' <= {{ cdp.as_of() }} {{- cdp.has_final_inputs("w.window_start") }},
            coalesce(c.row_count, 0), p.version, current_setting('cdp.input_versions')::jsonb,
            {{ cdp.as_of() }} at time zone 'UTC', '{{ model.checksum.checksum[:12] }}',
            '{{ var("run_id") }}', clock_timestamp()
        from generate_series(
            {{ cdp.window_start() }}, {{ cdp.window_end() }} - interval '1 second', interval '{{ step }}'
        ) w (window_start)
        cross join published p
        left join counted c on c.window_start = w.window_start
        on conflict (asset_key, partition_key) do update set
            window_start = excluded.window_start, window_end = excluded.window_end,
            state = excluded.state, is_final = excluded.is_final, row_count = excluded.row_count,
            version = excluded.version, input_versions = excluded.input_versions,
            as_of = excluded.as_of, code_version = excluded.code_version, run_id = excluded.run_id,
            materialized_at = excluded.materialized_at,
            last_failed_at = null, error_code = null, error_message = null
    {%- endif -%}
{% endmacro %}

{#- Comments belong to the owner of a table: a run writes rows only, a migration writes them. -#}
{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
    {%- if var("is_migration") -%}
        {{ return(adapter.dispatch("persist_docs", "dbt")(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
{%- endmacro %}
