"""Plant rows that break a check, found by trying: the same search for every statement of a check.

A check's statement returns the rows that break it. One column of one table that it reads is set to
another value, in one row or in all, or rows are deleted or repeated, until the statement returns
something that it did not return before. Scope: worlds and mutations; not here: which checks there
are (see ``test_every_check_can_fail``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

_COLUMNS = """
select a.attname::text, format_type(a.atttypid, null), a.attnotnull,
    a.attgenerated <> '' or a.attidentity = 'a',
    (select pg_get_expr(c.conbin, c.conrelid) from pg_constraint c
     where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]
        and pg_get_expr(c.conbin, c.conrelid) ~ '::text'
        and pg_get_expr(c.conbin, c.conrelid) !~ ' !?~ ' limit 1)  -- a pattern is no word
from pg_attribute a
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_TABLES = """
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
    and n.nspname ~ '^(filplus|intermediate|raw_|validators|staging|ops|audit)'
"""
_NAME = re.compile(r'"?\b(\w+)"?\s*\.\s*"?(\w+)"?')
ID = "00000000-0000-5000-8000-000000000001"
# Values that a constraint, or a join to another filled table, ties to each other.
_AGREED = {
    "filplus.allocator_report": {"input_overrides": "'[]'"},
    "filplus.client_report": {"input_overrides": "'[]'"},
    "filplus.allocator_score_explained": {
        "base_points": "1",
        "weight": "1",
        "points": "1",
        "largest_points": "1",
    },
    "filplus.compliance_histogram_weekly": {
        "value_from_exclusive": "5",
        "value_to_inclusive": "10",
    },
    "filplus.ipni_reporting_daily": {"total": "21"},
    "filplus.storage_provider_compliance_weekly": {"is_measured": "true"},
    "staging.staging_payloads": {
        "data_type": "'META'",
        "role": "'answer'",
        "is_complete": "true",
    },
    "validators.partner_commission_lines": {"month": "'2024-03'"},
    "validators.partner_commission_statements": {
        "month": "'2024-03'",
        "content_hash": f"'{'0' * 64}'",
        "paid_at": "null",
    },
    "validators.validator_pnl": {"total_revenue_native": "28"},
}


class Column(NamedTuple):
    """A column that may be written; ``words`` are those that its constraint allows."""

    name: str
    type: str
    is_required: bool
    words: tuple[str, ...]


class Planted(NamedTuple):
    """What turned a check red."""

    statement: str
    rows: int


def tables_of(connection: psycopg.Connection) -> list[str]:
    """Return every table that checks may read."""
    return sorted(row[0] for row in connection.execute(_TABLES))


def columns_of(connection: psycopg.Connection, table: str) -> list[Column]:
    """Return the columns of a table that a statement may write."""
    return [
        Column(name, kind, required, tuple(re.findall(r"'([^']*)'::text", words or "")))
        for name, kind, required, is_made, words in connection.execute(_COLUMNS, [table])
        if not is_made
    ]


def fill(connection: psycopg.Connection, tables: Sequence[str]) -> None:
    """Give each empty table one row, of plain values that agree with each other."""
    connection.execute("set session_replication_role = replica")
    for table in tables:
        if not connection.execute(f"select exists (select from {table})").fetchone()[0]:  # type: ignore
            _try(connection, row(connection, table, {}))


def row(connection: psycopg.Connection, table: str, given: Mapping[str, str]) -> str:
    """Return the statement that inserts a plain row with some values of the caller, as SQL."""
    columns = columns_of(connection, table)
    agreed = {**_AGREED.get(table, {}), **given}
    values = [agreed.get(column.name) or _plain(column) for column in columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"insert into {table} ({names}) values ({', '.join(values)})"


_BY_NAME = {
    "superseded_at": "null",
    "superseded_by": "null",
    "period_id": "'1'",
    "chain_id": "'solana-mainnet'",
    "week": "'2024-03-04'",
    "month": "'2024-03-01'",
    "is_current": "true",
    "quote_ccy": "'USD'",
}
_BY_TYPE = {
    "timestamp": "'2024-03-14'",
    "date": "'2024-03-14'",
    "boolean": "false",
    "uuid": f"'{ID}'",
    "json": "'{}'",
    "bytea": "''",
    "interval": "'1 day'",
}


def _plain(column: Column) -> str:
    """Return a value for a column; equal for columns of one type, so that rows refer to rows."""
    if column.words and column.type == "text":
        return f"'{column.words[0]}'"
    if column.name in _BY_NAME:
        return _BY_NAME[column.name]
    for prefix, value in _BY_TYPE.items():
        if column.type.startswith(prefix):
            return value
    if column.type.endswith("[]"):
        return "'{}'"
    if column.type in ("text", "character varying"):
        return f"'f0{100 + len(column.name)}'"
    return "1" if column.name.endswith("version") else "7"


def turn_red(
    connection: psycopg.Connection,
    statement: str,
    values: Any,
    first: str,
    tables: Sequence[str],
    also: Sequence[str] = (),
) -> Planted | None:
    """Return the first mutation that changes whether a statement returns a row; null: none.

    The world as it is may be the violation: then the mutation is what turns the check green.
    Everything is undone. The statement must stand alone; ``first`` is the table that it is about,
    ``also`` are mutations of the caller, tried first.
    """
    before = _count(connection, statement, values)
    known = set(tables)
    named = {f"{schema}.{name}" for schema, name in _NAME.findall(_without_database(statement))}
    words = set(re.findall(r"\w+", statement))
    order = [first, *sorted((named & known) - {first})]
    for mutation in (*also, *_mutations(connection, order, words)):
        with connection.transaction(force_rollback=True):
            if _try(connection, mutation):
                after = _count(connection, statement, values)
                if bool(after) != bool(before):
                    return Planted(mutation, after)
    return None


def _without_database(statement: str) -> str:
    return re.sub(r'"\w+"\.("\w+"\."\w+")', r"\1", statement)


def _mutations(
    connection: psycopg.Connection, tables: Sequence[str], words: set[str]
) -> Iterator[str]:
    for table in tables:
        columns = columns_of(connection, table)
        used = [column for column in columns if column.name in words] or columns
        one = f"where ctid = (select ctid from {table} order by 1 desc limit 1)"
        for column in used:
            for value in _others(column):
                yield f'update {table} set "{column.name}" = {value} {one}'
                yield f'update {table} set "{column.name}" = {value}'
        yield f"delete from {table} {one}"
        yield f"delete from {table}"


def _others(column: Column) -> Iterator[str]:
    name, kind = f'"{column.name}"', column.type
    if kind == "boolean":
        yield f"not {name}"
    elif kind.startswith(("timestamp", "date")):
        yield from (f"{name} + interval '1 hour'", f"{name} + interval '40 days'")
        yield from (f"{name} - interval '400 days'", "'2020-01-01'", "'2030-01-01'")
    elif kind.startswith("json"):
        yield from ("'{}'", "'[]'")
    elif kind.endswith("[]"):
        yield "'{}'"
    elif kind == "uuid":
        yield "gen_random_uuid()"
    elif kind in ("text", "character varying"):
        yield from ("'no such'", "''", *(f"'{word}'" for word in column.words))
    elif kind != "bytea":
        yield from (f"{name} + 1", f"{name} - 1", "-1", "0", "5", "4294967295")
    if not column.is_required:
        yield "null"


def _count(connection: psycopg.Connection, statement: str, values: Any) -> int:
    return len(connection.execute(sql.SQL(statement), values or None).fetchall())  # type: ignore[arg-type]


def _try(connection: psycopg.Connection, statement: str) -> bool:
    """Run a statement; tell whether the database took it."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL(statement))  # type: ignore[arg-type]
    except psycopg.Error as e:
        if "insert into" in statement:
            print(statement[:60], e)
        return False
    return True
