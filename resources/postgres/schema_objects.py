"""Columns and indexes as the migrations left them, and what was changed by hand since.

Every migration records what it changed, and only that: an object that was changed by hand before it
is reported until it is as before. Scope: reading, recording and comparing; not here: migrating
(``cdp_assets.stack.migrate``). Leaves of partitioned tables follow their parents and are omitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

Objects = Mapping[tuple[str, str], str]

_OBJECTS = r"""
with ours as (
    select c.oid, n.nspname || '.' || c.relname as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v') and not c.relispartition and c.relname !~ '__dbt_'
        and n.nspname = any(%s)
)
select 'column', o.name || '.' || a.attname, concat_ws(
    ' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
    case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
    pg_get_expr(d.adbin, d.adrelid)
)
from ours o
join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select 'index', n.nspname || '.' || x.relname, pg_get_indexdef(x.oid)
from ours o
join pg_index i on i.indrelid = o.oid and i.indisvalid
join pg_class x on x.oid = i.indexrelid
join pg_namespace n on n.oid = x.relnamespace
"""
# The owner of `ops` created our schemas; those of other owners are not checked.
_SCHEMAS = (
    "select nspname::text from pg_namespace where nspname !~ '^(pg_|information_schema$|public$)' "
    "and nspowner = (select nspowner from pg_namespace where nspname = 'ops')"
)


@contextmanager
def recording_changes(dsn: str) -> Iterator[None]:
    """Record what the migrations inside change; the first time, all objects."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        before = _live(connection, _our_schemas(connection))
    try:
        yield
    finally:
        _record(dsn, before)


def _record(dsn: str, before: Objects) -> None:
    with psycopg.connect(dsn) as connection:
        if not _has_table(connection):
            return
        recorded = _recorded(connection)
        after = _live(connection, _our_schemas(connection))
        changed = {
            key: definition
            for key, definition in after.items()
            if not recorded or before.get(key) != definition
        }
        gone = [key for key in before if key not in after]
        with connection.cursor() as cursor:
            _act_as_owner(cursor)
            cursor.executemany(
                "delete from ops.schema_object where (kind, name) = (%s, %s)", [*changed, *gone]
            )
            cursor.executemany(
                "insert into ops.schema_object values (%s, %s, %s)",
                [(*key, definition) for key, definition in changed.items()],
            )


def has_recorded_objects(dsn: str) -> bool:
    """Return whether the objects of a database were recorded."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return _has_table(connection) and bool(_recorded(connection))


def changed_by_hand(dsn: str) -> list[str]:
    """Return a sentence per column and index that is not as the migrations left it, ascending.

    Schemas that no migration created are ignored. Empty before the first migration.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        if not _has_table(connection):
            return []
        recorded = _recorded(connection)
        live = _live(connection, _our_schemas(connection))
    return [
        _sentence(key, recorded.get(key), live.get(key))
        for key in sorted({*recorded, *live})
        if recorded.get(key) != live.get(key)
    ]


def _sentence(key: tuple[str, str], made: str | None, found: str | None) -> str:
    kind, name = key
    if made is None:
        return f"{kind} {name} was added by hand: {found}"
    if found is None:
        return f"{kind} {name} was dropped by hand: {made}"
    return f"{kind} {name} was changed by hand: it is {found}, the migrations left {made}"


def _has_table(connection: psycopg.Connection) -> bool:
    found = connection.execute("select to_regclass('ops.schema_object') is not null").fetchone()
    return found == (True,)


def _our_schemas(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute(_SCHEMAS)]


def _live(connection: psycopg.Connection, schemas: list[str]) -> dict[tuple[str, str], str]:
    return {(kind, name): text for kind, name, text in connection.execute(_OBJECTS, [schemas])}


def _recorded(connection: psycopg.Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute("select kind, name, definition from ops.schema_object")
    return {(kind, name): text for kind, name, text in rows}


def _act_as_owner(cursor: psycopg.Cursor) -> None:
    found = cursor.execute(
        "select 1 from pg_roles where rolname = 'cdp_owner' and pg_has_role(oid, 'member')"
    ).fetchone()
    if found:
        cursor.execute("set role cdp_owner")
