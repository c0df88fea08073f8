"""Counts of every published table, by partition and by column, and their differences (U-27).

They show what a changed rule changes before users see it: which table, partitions and columns.
Scope: counting, the file of expected counts, the difference; not here: whether a number of rows is
unusual (``quality.row_counts``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from cdp_assets.errors import BadConfiguration

_HEAD = ("table", "partition", "column", "count", "distinct", "digest")
# From the wall clock or the run, so different on every machine (spec README, "Two write forms").
_BOOKKEEPING = ("recorded_at", "superseded_at", "run_id")

Key = tuple[str, str, str]


class Count(NamedTuple):
    """Counts of a partition or a column.

    Attributes:
        number: Rows of the partition; values of the column that are not null.
        distinct: Different values of the column; null for a partition.
        digest: Of the values in any order, eight hexadecimal digits; empty for a partition.
    """

    number: int
    distinct: int | None = None
    digest: str = ""


def count_tables(connection: psycopg.Connection) -> dict[Key, Count]:
    """Count every mart and canonical table of the catalogue.

    Returns:
        By table, partition and column. A count of a partition has no column, one of a column no
        partition. Hours are summed by day, as there are thousands of them.
    """
    tables = [
        key
        for (key,) in connection.execute(
            "select asset_key from ops.asset_catalog "
            "where layer in ('mart', 'canonical') order by 1"
        )
    ]
    found = _partitions(connection, tables)
    for table in tables:
        found |= _columns(connection, table)
    return found


def _partitions(connection: psycopg.Connection, tables: list[str]) -> dict[Key, Count]:
    rows = connection.execute(
        r"""
        select asset_key, regexp_replace(partition_key, '-\d\d:\d\d$', ''), sum(row_count)::bigint
        from ops.asset_partition_status
        where asset_key = any(%s) and row_count is not null
        group by 1, 2
        having sum(row_count) > 0
        """,
        [tables],
    )
    return {(table, partition, ""): Count(rows) for table, partition, rows in rows}


def _columns(connection: psycopg.Connection, table: str) -> dict[Key, Count]:
    schema, *_, name = table.split("/")
    columns = [
        column
        for (column,) in connection.execute(
            "select column_name from information_schema.columns "
            "where table_schema = %s and table_name = %s and not column_name = any(%s) "
            "order by ordinal_position",
            [schema, name, list(_BOOKKEEPING)],
        )
    ]
    if not columns:
        return {}
    counts = sql.SQL(", ").join(_counts(column) for column in columns)
    (row,) = connection.execute(
        sql.SQL("select {} from {}").format(counts, sql.Identifier(schema, name))
    ).fetchall()
    return {
        (table, "", column): Count(row[at], row[at + 1], f"{row[at + 2]:08x}")
        for column, at in zip(columns, range(0, len(row), 3), strict=True)
    }


def _counts(column: str) -> sql.Composed:
    return sql.SQL(
        "count({c}), count(distinct {c}::text), coalesce(sum("
        "('x' || left(md5({c}::text), 8))::bit(32)::bigint) % 4294967296, 0)::bigint"
    ).format(c=sql.Identifier(column))


def write_counts(path: Path, counts: dict[Key, Count]) -> None:
    """Write a file of expected counts, sorted, so that a diff shows what changed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEAD)
        for key, (number, distinct, digest) in sorted(counts.items()):
            writer.writerow([*key, number, "" if distinct is None else distinct, digest])


def read_counts(path: Path) -> dict[Key, Count]:
    """Read a file of expected counts.

    Raises:
        BadConfiguration: It does not exist, or is no file of counts.
    """
    if not path.is_file():
        raise BadConfiguration(
            "there is no such file", key=str(path), hint="`cdp diff --write` writes it"
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != _HEAD:
            raise BadConfiguration("this is no file of counts", key=str(path))
        return {
            (table, partition, column): Count(int(count), int(d) if d else None, digest)
            for table, partition, column, count, d, digest in rows
        }


def differences(before: dict[Key, Count], now: dict[Key, Count]) -> Iterator[str]:
    """Yield a line per partition and column that differs, by table."""
    for key in sorted(before.keys() | now.keys()):
        was, became = before.get(key), now.get(key)
        if was == became:
            continue
        table, partition, column = key
        what = f"column {column}" if column else f"partition {partition}".strip()
        yield f"{table} {what}: {_change(was, became, 'values' if column else 'rows')}"


def _change(was: Count | None, became: Count | None, unit: str) -> str:
    if was is None or became is None:
        there = was or became
        assert there is not None
        return f"{'gone' if became is None else 'new'}, {there.number:,} {unit}"
    parts = []
    if was.number != became.number:
        parts.append(
            f"{was.number:,} -> {became.number:,} {unit} ({became.number - was.number:+,})"
        )
    if was.distinct != became.distinct:
        parts.append(f"{was.distinct:,} -> {became.distinct:,} different")
    return ", ".join(parts) or f"as many {unit}, different content"
