"""Comments in the database on tables that dbt does not build; dbt comments its own.

Scope: writing those that differ from the manifest; not here: the texts (see ``contracts``).
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from cdp_assets.core.tables.contracts import Table, tables

_PRESENT = """
select n.nspname || '/' || c.relname, c.relkind, coalesce(a.attname, ''),
    coalesce(
        case a.attnum when 0 then obj_description(c.oid, 'pg_class')
            else col_description(c.oid, a.attnum) end,
        ''
    )
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join lateral (
    select attname, attnum::int from pg_attribute
    where attrelid = c.oid and attnum > 0 and not attisdropped
    union all
    select null, 0
) a on true
where c.relkind in ('r', 'p', 'v') and n.nspname || '/' || c.relname = any(%s)
"""


def write_table_comments(connection: psycopg.Connection) -> None:
    """Write comments of tables and columns that differ from the manifest, as their owner."""
    declared = {
        f"{table.schema}/{table.name}": table
        for table in tables().values()
        if table.source is not None
    }
    present = connection.execute(_PRESENT, [list(declared)]).fetchall()
    found = {(key, column): text for key, _, column, text in present}
    views = {key for key, kind, _, _ in present if kind == "v"}
    for key, table in declared.items():
        for column, text in _texts(table):
            if found.get((key, column), text) != text:
                connection.execute(_statement(table, column, text, is_view=key in views))


def _texts(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the comment of the table, whose column is empty, and of each column."""
    yield "", table.description
    for column in table.columns:
        yield column.name, column.description


def _statement(table: Table, column: str, text: str, *, is_view: bool) -> sql.Composed:
    kind = "column" if column else "view" if is_view else "table"
    name = (table.schema, table.name, column) if column else (table.schema, table.name)
    return sql.SQL("comment on {} {} is {}").format(
        sql.SQL(kind), sql.Identifier(*name), sql.Literal(text)
    )
