{#- Write an unpartitioned table: replace the rows that differ and leave the others unchanged, so that readers
    never see an empty table and equal rows do not change the version. -#}

{#- A migration creates the table and reads nothing; the first run writes its rows. -#}
{% macro in_run() -%} {{ "false" if var("is_migration") else "true" }} {%- endmacro %}

{% macro get_incremental_snapshot_rewrite_sql(arg_dict) %}
    {%- set target = arg_dict["target_relation"] -%}
    {%- set fresh = arg_dict["temp_relation"] -%}
    {%- set names = arg_dict["dest_columns"] | map(attribute="name") | list -%}
    {%- set columns = get_quoted_csv(names) -%}
    {%- set key = config.require("meta")["primary_key"] -%}
    select set_config('cdp.read_until', clock_timestamp()::text, true);

    {{ cdp.analyze_outgrown(fresh) }};

    with gone as (
        delete from {{ target }} t
        where not exists (
            select
            from {{ fresh }} f
            where
                {% for name in names if name in key -%}
                f."{{ name }}" = t."{{ name }}" and
                {% endfor -%}
                row({% for name in names %}f."{{ name }}"{{ ", " if not loop.last }}{% endfor %})
                is not distinct from
                row({% for name in names %}t."{{ name }}"{{ ", " if not loop.last }}{% endfor %})
        )
        returning 1
    )

    select set_config('cdp.rows_deleted', count(*)::text, true) from gone;

    with added as (
        insert into {{ target }} ({{ columns }})
        select {{ columns }}
        from {{ fresh }} f
        where not exists (
            select
            from {{ target }} t
            where {% for name in key %}t."{{ name }}" = f."{{ name }}"{{ " and " if not loop.last }}{% endfor %}
        )
        order by {{ key | join(", ") }}
        returning 1
    )

    select set_config('cdp.rows_inserted', count(*)::text, true) from added
{% endmacro %}

{#- The one status row of an unpartitioned table. -#}
{% macro publish_snapshot() %}
    {%- if execute and var("run_id") -%}
        {%- set key = model.schema ~ "/" ~ model.name -%}
        with published as (
            select
                case
                    when
                        v.version is null
                        or current_setting('cdp.rows_deleted')::bigint + current_setting('cdp.rows_inserted')::bigint > 0
                        then ops.bump_version('{{ key }}', '{{ var("run_id") }}')
                    else v.version
                end as version
            from (select '{{ key }}' as asset_key) k
            left join ops.asset_version v using (asset_key)
        ),

        timed as (
            update ops.runs set
                rows_written = current_setting('cdp.rows_inserted')::bigint,
                rows_deleted = current_setting('cdp.rows_deleted')::bigint,
                read_seconds = extract(epoch from current_setting('cdp.read_until')::timestamptz - now()),
                write_seconds = extract(epoch from clock_timestamp() - current_setting('cdp.read_until')::timestamptz)
            where run_id = '{{ var("run_id") }}' and asset_key = '{{ key }}'
        )

        insert into ops.asset_partition_status as s (
            asset_key, partition_key, state, is_final, row_count, version,
            input_versions, as_of, code_version, run_id, materialized_at
        )
        select
            '{{ key }}', '', 'MATERIALIZED', false, (select count(*) from {{ this }}), p.version,
            current_setting('cdp.input_versions')::jsonb, {{ cdp.as_of() }} at time zone 'UTC',
            '{{ model.checksum.checksum[:12] }}', '{{ var("run_id") }}', clock_timestamp()
        from published p
        on conflict (asset_key, partition_key) do update set
            state = excluded.state, is_final = excluded.is_final, row_count = excluded.row_count,
            version = excluded.version, input_versions = excluded.input_versions,
            as_of = excluded.as_of, code_version = excluded.code_version, run_id = excluded.run_id,
            materialized_at = excluded.materialized_at,
            last_failed_at = null, error_code = null, error_message = null
    {%- endif -%}
{% endmacro %}

{#- Publish what a model wrote, by its way of writing. -#}
{% macro publish() %}
    {%- if execute -%}
        {{- cdp.publish_window() if config.require("meta").get("partition") else cdp.publish_snapshot() -}}
    {%- endif -%}
{% endmacro %}
