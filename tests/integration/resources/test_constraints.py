"""Every check constraint of the database refuses something: none has only a true branch."""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg
import pytest
from psycopg import sql

pytestmark = pytest.mark.integration

_CONSTRAINTS = """
select c.conrelid::regclass::text, c.conname, pg_get_expr(c.conbin, c.conrelid),
    array_agg(a.attname::text order by a.attnum),
    array_agg(format_type(a.atttypid, null) order by a.attnum),
    array_agg(a.attnotnull order by a.attnum)
from pg_constraint c
join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
where c.contype = 'c' and c.coninhcount = 0
    and c.connamespace::regnamespace::text not in ('information_schema', 'pg_catalog')
group by c.oid order by 1, 2
"""
# What columns of a type may hold; the words of the constraint itself come on top for texts.
_VALUES: dict[str, tuple[str, ...]] = {
    "boolean": ("true", "false"),
    "text": ("''", "'no such word'", "'f0100'"),
    "text[]": ("'{}'", "'{x}'", "array[null]"),
    "jsonb": ("'{}'", "'[]'", "'1'"),
    "bytea": ("''", "'x'"),
    "uuid": ("'00000000-0000-5000-8000-000000000001'",),
    "interval": ("'-1 day'", "'1 day'"),
    "date": ("'2020-01-01'", "'2030-01-02'"),
    "timestamp": ("'2020-01-01'", "'2030-01-01 00:00:01'"),
    "number": ("-1", "0", "1", "2", "1000000"),
}


def _values(type_name: str, expression: str) -> Sequence[str]:
    for name in ("timestamp", "text[]"):
        if type_name.startswith(name):
            return _VALUES[name]
    if type_name in ("text", "character varying"):
        return (*_VALUES["text"], *sorted(set(re.findall(r"'[^']*'(?=::text)", expression)))[:8])
    return _VALUES.get(type_name, _VALUES["number"])


def _refused(
    connection: psycopg.Connection,
    columns: Sequence[str],
    types: Sequence[str],
    required: Sequence[bool],
    expression: str,
) -> int:
    """Count combinations of values that the columns may hold and the expression refuses."""
    parts = []
    for column, type_name, is_required in zip(columns, types, required, strict=True):
        values = [*_values(type_name, expression), *([] if is_required else ["null"])]
        rows = ", ".join(f"({value}::{type_name})" for value in values)
        parts.append(f'(values {rows}) as "_{column}" ("{column}")')
    query = (
        f"select count(*) from (select from {' cross join '.join(parts)} "
        f"where ({expression}) is false limit 1) refused"
    )
    return int(connection.execute(sql.SQL(query)).fetchall()[0][0])  # type: ignore[arg-type]


def test_every_check_constraint_refuses_something(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        found = connection.execute(_CONSTRAINTS).fetchall()
        assert len(found) > 50
        never = [
            f"{table} {name}: {expression}"
            for table, name, expression, columns, types, required in found
            if not _refused(connection, columns, types, required, expression)
        ]
    assert never == []


def test_a_constraint_without_a_false_branch_is_found(ready_dsn: str) -> None:
    """The one of canonical_validator_identities read so."""
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        assert not _refused(
            connection,
            ["is_void"],
            ["boolean"],
            [True],
            "CASE WHEN is_void THEN true ELSE true END",
        )
        assert _refused(
            connection,
            ["is_void", "version"],
            ["boolean", "integer"],
            [True, True],
            "((NOT is_void) OR (version > 1))",
        )
