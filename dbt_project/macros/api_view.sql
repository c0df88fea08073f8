{#- The view of a table for readers: its columns in their order, typed by one rule, then `data_as_of`.
    renamed: "column as name" for each that has another name in the view.
    omitted: columns that the view does not have.
    added: columns added after the first release of the view, which come last: a column, or "column as name" for
        one that also has its older name until the next release.
    as_of: SQL of `data_as_of` if it comes from another table; ages: the relation with that of each chain.
    periods: the table of periods, for ordinal and times of each row's period; the view's YAML describes them. -#}
{% macro api_view(table, renamed=[], omitted=[], added=[], as_of=none, ages=none, periods=none) -%}
    {%- set joined = ["period_ordinal", "period_start", "period_end"] if periods else [] -%}
    {{- config(meta={"view_of": {"renamed": renamed, "omitted": omitted, "added": added, "joined": joined}}) -}}
    {%- if not execute -%} {{ return("select 1") }} {%- endif -%}
    {%- set columns = cdp.declared_table(table).columns -%}
    {%- set names, items, at_the_end, is_joined = {}, [], [], ages or periods -%}
    {%- for item in renamed -%}
        {%- do names.update({item.split(" as ")[0]: item.split(" as ")[1]}) -%}
    {%- endfor -%}
    {%- for item in added -%}
        {%- do at_the_end.append(cdp.as_served(columns[item.split(" as ")[0]], item.split(" as ")[-1], is_joined)) -%}
    {%- endfor -%}
    {%- for column in columns.values() if column.name not in omitted + added + ["data_as_of"] -%}
        {%- do items.append(cdp.as_served(column, names.get(column.name, column.name), is_joined)) -%}
    {%- endfor -%}
    {%- if ages -%} {%- do items.append("a.data_as_of") -%}
    {%- elif as_of -%} {%- do items.append(as_of ~ " as data_as_of") -%}
    {%- elif "data_as_of" in columns -%} {%- do items.append(cdp.as_served(columns["data_as_of"], "data_as_of")) -%}
    {%- else -%} {%- do items.append(cdp.data_as_of(table.identifier, table.schema) ~ " as data_as_of") -%}
    {%- endif -%}
    {%- if periods -%}
        {%- do at_the_end.extend(["p.period_ordinal", "p.start_ts as period_start", "p.end_ts as period_end"]) -%}
    {%- endif -%}
select
    {{ (items + at_the_end) | join(",\n    ") }}
from {{ table }}
    {%- if is_joined %} t{% endif -%}
    {%- if ages %}
left join {{ ages }} a on a.chain_id = t.chain_id
    {%- endif -%}
    {%- if periods %}
left join {{ periods }} p on p.chain_id = t.chain_id and p.period_id = t.period_id and p.is_current
    {%- endif -%}
{%- endmacro %}

{#- A column of the view: a date if the table has midnights in it, an instant if it has times in UTC. -#}
{% macro as_served(column, name, is_joined=false) -%}
    {%- set found = ("t." if is_joined else "") ~ adapter.quote(column.name) -%}
    {%- if not (column.data_type.startswith("timestamp") and column.data_type.endswith("without time zone")) -%}
        {{ found }} as {{ adapter.quote(name) }}
    {%- elif column.name in ["week", "month", "date", "snapshot_date"] -%}
        {{ found }}::date as {{ adapter.quote(name) }}
    {%- else -%}
        {{ found }} at time zone 'UTC' as {{ adapter.quote(name) }}
    {%- endif -%}
{%- endmacro %}

{#- Node of the manifest for a table that the model reads. -#}
{% macro declared_table(table) -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set node = graph.nodes.get(id) or graph.sources[id] -%}
        {%- if node.schema == table.schema and (node.alias or node.identifier) == table.identifier -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(model.name ~ " does not read " ~ table) }}
{%- endmacro %}

{#- Comments of a view and its columns. A column that the model does not describe has the text of its source column
    (by its own name, or by the name before `api_view` renamed it) in a table that the view reads; the table with the
    view's own name comes first. -#}
{% macro comments_of_view(view) -%}
    {%- set tables, names, older, texts = [], {}, {}, {} -%}
    {%- set view_of = model.config.meta.get("view_of", {"renamed": [], "added": []}) -%}
    {%- for item in view_of.renamed + view_of.added if " as " in item -%}
        {%- do names.update({item.split(" as ")[1]: item.split(" as ")[0]}) -%}
    {%- endfor -%}
    {%- for item in view_of.added if " as " in item -%}
        {%- do older.update({item.split(" as ")[0]: item.split(" as ")[1]}) -%}
    {%- endfor -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set table = graph.nodes.get(id) or graph.sources[id] -%}
        {%- do tables.insert(0 if table.name == view.identifier else tables | length, table) -%}
    {%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(view) -%}
        {%- set own = names.get(column.name, column.name) -%}
        {%- set found = [model.columns.get(column.name, {}).get("description")] -%}
        {%- if column.name in older -%}
            {%- do found.append("Deprecated: " ~ older[column.name] ~ " has the same value; removed in the next release.") -%}
        {%- endif -%}
        {%- for table in tables -%} {%- do found.append(table.columns.get(own, {}).get("description")) -%} {%- endfor -%}
        {%- if column.name == "data_as_of" -%}
            {%- do found.append("Clock of the run that wrote the newest partition of the table (null before the first).") -%}
        {%- endif -%}
        {%- do texts.update({column.name: {"description": found | select | first | default("") | trim, "quote": true}}) -%}
    {%- endfor -%}
    {{ alter_relation_comment(view, (model.description or tables[0].description) | trim) }};
    {{ alter_column_comment(view, texts) }}
{%- endmacro %}
