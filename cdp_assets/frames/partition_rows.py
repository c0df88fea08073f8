"""The rows of a table that belong to a partition key, and the state of those partitions.

A key is a span of UTC time or a period of a chain. Rows of reports carry the day of their report,
so parts of a report are found through it. Scope: keys, conditions, states. Not here: reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg
from psycopg import sql

from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.frames.relations import READERS_SCHEMA, Relation

_PERIOD = re.compile(r"\d+")
_FORMS = (
    ("hour", "%Y-%m-%d-%H:%M", re.compile(r"\d{4}-\d\d-\d\d-\d\d:00")),
    ("day", "%Y-%m-%d", re.compile(r"\d{4}-\d\d-\d\d")),
    ("month", "%Y-%m", re.compile(r"\d{4}-\d\d")),
)
# The column that assigns a row to its partition, with the grain of the table that has it.
_WINDOW_COLUMNS = {
    "hour": "hour",
    "week": "week",
    "date": "day",
    "report_day": "day",
    "snapshot_date": "day",
}
# Rows of days without such a column belong to a row of another table of their schema.
_PARENTS = {
    "client_report_id": ("client_report r", "r.report_day"),
    "allocator_report_id": ("allocator_report r", "r.report_day"),
    "scoring_result_id": (
        "allocator_report_scoring_result r join {schema}.allocator_report a "
        "on a.id = r.allocator_report_id",
        "a.report_day",
    ),
    "snapshot_id": ("storage_provider_url_finder_daily_snapshot r", "r.snapshot_date"),
}
_TYPES = {1082: "date", 1114: "timestamp", 1184: "timestamptz"}
_HAS_ROWS = ("MATERIALIZED", "CHECK_FAILED")
_STATES = """
select p.partition_key, p.window_start, p.state
from ops.asset_partition_status p
where (p.asset_key = any(%(keys)s::text[]) or p.asset_key like any(%(patterns)s::text[]))
    and case
        when %(period)s::text is not null then p.partition_key = %(period)s
        else p.window_start >= %(start)s::timestamptz and p.window_start < %(end)s::timestamptz
    end
order by p.window_start, p.partition_key, p.asset_key
"""
_EXTENT = """
select min(p.window_start), max(p.window_start), max(p.window_end - p.window_start)
from ops.asset_partition_status p
where p.asset_key = any(%s::text[]) and p.window_start is not null
"""


class PartitionRows(NamedTuple):
    """What a partition key means for one table.

    Attributes:
        key: As it was given.
        condition: On the rows of the table, named ``t``.
        window: Of time, half-open, UTC; null for a period of a chain.
    """

    key: str
    condition: sql.Composable
    window: tuple[datetime, datetime] | None


def partition_rows(relation: Relation, key: str) -> PartitionRows:
    """Return the rows of a partition key.

    Raises:
        BadConfiguration: It is no key of this table.
    """
    if "period_id" in relation.columns and _PERIOD.fullmatch(key):
        return PartitionRows(key, sql.SQL("t.period_id = {}").format(sql.Literal(key)), None)
    grain = next((g for c, g in _WINDOW_COLUMNS.items() if c in relation.columns), None)
    if grain is None and any(column in relation.columns for column in _PARENTS):
        grain = "day"
    if grain is None:
        raise BadConfiguration(
            f"it has no partitions, so none is {key}",
            key=relation.name,
            hint="leave the partition out",
        )
    window = _window_of(grain, key)
    if window is None:
        raise BadConfiguration(
            f"it is no partition key of a table of {grain}s",
            key=f"{relation.name} {key}",
            hint="write 2026-08-03-10:00 for an hour, 2026-08-03 for a day or the week that begins "
            "on that Monday, 2026-08 for a month, all UTC, or the id of a chain's period",
        )
    return PartitionRows(key, _condition(relation, window), window)


def partition_states(
    connection: psycopg.Connection, relation: Relation, rows: PartitionRows
) -> dict[str, str]:
    """Return the state of every partition that the rows are of, by its key.

    Partitions between the first and the last of the table that were never materialized are MISSING.
    A table or view that is not published by partitions has none.

    Raises:
        MissingUpstream: The table has partitions, and none of these was materialized.
    """
    schema, name = relation.name.split(".")
    schemas = ("filplus", "validators") if schema == READERS_SCHEMA else (schema,)
    keys = [f"{each}/{name}" for each in schemas]
    start, end = rows.window or (None, None)
    found = connection.execute(
        _STATES,
        {
            "keys": keys,
            "patterns": [f"{each}/%/{name}" for each in schemas],
            "period": None if rows.window else rows.key,
            "start": start,
            "end": end,
        },
    ).fetchall()
    states = {row[0]: row[2] for row in found}
    extent = connection.execute(_EXTENT, [keys]).fetchone() or (None, None, None)
    if rows.window is not None and extent[0] is not None:
        seen = {row[1] for row in found}
        for instant in _expected(rows.window, *extent):
            if instant not in seen:
                states[f"{instant.astimezone(UTC):%Y-%m-%dT%H:%MZ}"] = "MISSING"
    is_published = rows.window is None or extent[0] is not None
    if is_published and not any(state in _HAS_ROWS for state in states.values()):
        found_states = ", ".join(sorted(set(states.values()))) or "nothing published it"
        raise MissingUpstream(
            f"the partition was not materialized ({found_states})",
            key=f"{relation.name} {rows.key}",
            hint="`cdp status --stale` lists it; `cdp refresh` or `cdp backfill` builds it",
        )
    return states


def _expected(
    window: tuple[datetime, datetime], first: datetime, last: datetime, step: timedelta
) -> Iterator[datetime]:
    instant = first + max(0, -((first - window[0]) // step)) * step
    while instant < window[1] and instant <= last:
        yield instant
        instant += step


def _window_of(own: str, key: str) -> tuple[datetime, datetime] | None:
    """Return the window of a key for a table of some grain; null where it is no key of time."""
    form = next(((grain, f) for grain, f, pattern in _FORMS if pattern.fullmatch(key)), None)
    if form is None:
        return None
    try:
        start = datetime.strptime(key, form[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    if form[0] == "month":
        return start, (start + timedelta(days=32)).replace(day=1)
    if form[0] == "hour":
        return (start, start + timedelta(hours=1)) if own == "hour" else None
    if own != "week":
        return start, start + timedelta(days=1)
    return (start, start + timedelta(days=7)) if start.weekday() == 0 else None


def _condition(relation: Relation, window: tuple[datetime, datetime]) -> sql.Composable:
    column = next((c for c in _WINDOW_COLUMNS if c in relation.columns), None)
    if column is not None:
        kind = _TYPES[relation.columns[column]]
        return _between(f"t.{column}", kind, window)
    child = next(c for c in _PARENTS if c in relation.columns)
    tables, day = _PARENTS[child]
    schema = relation.name.split(".")[0]
    return sql.SQL("t.{} in (select r.id from {}.{} where {})").format(
        sql.Identifier(child),
        sql.Identifier(schema),
        sql.SQL(tables.format(schema=schema)),
        _between(day, "timestamp", window),
    )


def _between(column: str, kind: str, window: tuple[datetime, datetime]) -> sql.Composable:
    start, end = (
        sql.SQL("{} {}").format(
            sql.SQL(kind),
            sql.Literal(f"{instant:%Y-%m-%d %H:%M}{'Z' if kind == 'timestamptz' else ''}"),
        )
        for instant in window
    )
    named = sql.SQL(column)
    return sql.SQL("{} >= {} and {} < {}").format(named, start, named, end)
