"""A table or view as the database describes it: its columns, their types, the order of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import psycopg

from cdp_assets.errors import BadConfiguration

READERS_SCHEMA = "api_v1"
_WITHOUT_ORDER = (114, 142)  # json and xml cannot be sorted
_COLUMNS = """
select a.attname, a.atttypid
from pg_attribute a
where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_KEY = """
select a.attname
from pg_index i
cross join lateral unnest(i.indkey) with ordinality k (attnum, place)
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = to_regclass(%s) and i.indisprimary
order by k.place
"""


class Relation(NamedTuple):
    """One table or view.

    Attributes:
        name: ``schema.table``.
        columns: Number of the Postgres type by column, in the table's order.
        order: Columns that put its rows in one order.
        chain_id: Of an asset of one chain, whose table holds all chains; null: every row counts.
    """

    name: str
    columns: Mapping[str, int]
    order: list[str]
    chain_id: str | None = None


def find_relation(connection: psycopg.Connection, table: str) -> Relation:
    """Return a table or view by its name.

    Args:
        connection: Of a role that may see it.
        table: ``schema.table``, an asset key (``schema/table``, ``schema/chain/table``), or the
            bare name of a view of ``api_v1``.

    Raises:
        BadConfiguration: There is none; the nearest names of its schema are given.
    """
    parts = table.replace("/", ".").split(".")
    schema = READERS_SCHEMA if len(parts) == 1 else parts[0]
    chain_id = parts[1].replace("_", "-") if len(parts) == 3 else None
    name = f"{schema}.{parts[-1]}"
    quoted = ".".join(f'"{part}"' for part in name.split("."))
    columns: dict[str, int] = dict(connection.execute(_COLUMNS, [quoted]).fetchall())
    if not columns or len(parts) > 3 or (chain_id and "chain_id" not in columns):
        raise BadConfiguration(
            "there is no such table or view", key=table, hint=_known(connection, name)
        )
    key = [row[0] for row in connection.execute(_KEY, [quoted])]
    order = key or [c for c, kind in columns.items() if kind not in _WITHOUT_ORDER]
    return Relation(name, columns, order, chain_id)


def _known(connection: psycopg.Connection, name: str) -> str:
    from difflib import get_close_matches

    rows = connection.execute(
        "select relnamespace::regnamespace || '.' || relname from pg_class "
        "where relkind in ('r', 'p', 'v', 'm') and not relispartition "
        "and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
    )
    near = get_close_matches(name, [row[0] for row in rows], n=3)
    return f"did you mean {' or '.join(near)}?" if near else "docs/reference/tables.md lists them"
