"""Statements that plan are right by how they are written, not by what the statistics say.

The ops tables hold 6,000 hours of every asset of the real graph, first never analyzed, then
analyzed: what a statement reads is a small multiple of what there is, and the time about the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from psycopg.types.json import Jsonb

from cdp_assets import partitions
from cdp_assets.core.planning.asset_facts import TRACKS_CHANGED_HOURS, keys_with
from cdp_assets.core.planning.dependency_order import groups_in_order
from cdp_assets.core.planning.staleness import (
    existing_window,
    stale_partitions,
    stale_unpartitioned,
)
from cdp_assets.core.planning.unfinished_windows import HOUR, unfinished_windows
from cdp_assets.filplus.deals import piece_tables_guard, weekly_guard
from cdp_assets.filplus.deals.table_keys import CLAIMS, DEALS, PIECES, TOTALS
from resources.postgres.embedded_postgres import EmbeddedServer
from sensors.late_data import LandingCursor, plan_tick
from tests.conftest import fresh_database
from tests.integration.explained import ExplainedCursor, rows_visited

pytestmark = pytest.mark.integration

HOURS = 6_000
LANDED = 10  # version of every input that every partition was made from
START = partitions.hours.start.astimezone(UTC)
NOW = partitions.floor_week(START + timedelta(hours=HOURS)) + timedelta(days=3, minutes=5)
TOUCHED = partitions.floor_hour(NOW) - timedelta(days=9)
Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    from cdp_assets.definitions import defs

    return defs.resolve_asset_graph()


@pytest.fixture(scope="module")
def keys(graph: dg.AssetGraph) -> list[dg.AssetKey]:
    groups = groups_in_order(graph, set(graph.materializable_asset_keys))
    return sorted(key for group in groups for key in group.keys)


@pytest.fixture(scope="module")
def world(
    server: EmbeddedServer, ready_template: str, graph: dg.AssetGraph, keys: list[dg.AssetKey]
) -> Iterator[Connection]:
    """A warehouse whose bookkeeping is full and up to date, without any statistics."""
    for dsn in fresh_database(server, ready_template):
        with psycopg.connect(dsn, autocommit=True, cursor_factory=ExplainedCursor) as connection:
            connection.execute("set timezone = 'UTC'")
            for table in ("asset_partition_status", "changed_hours", "asset_version", "runs"):
                connection.execute(f"alter table ops.{table} set (autovacuum_enabled = off)")
            _fill(connection, graph, keys)
            yield connection


def _fill(connection: Connection, graph: dg.AssetGraph, keys: list[dg.AssetKey]) -> None:
    parents = {parent for key in keys for parent in graph.get(key).parent_keys}
    connection.cursor().executemany(
        "insert into ops.asset_version values (%s, %s, now(), 'run')",
        [(key.to_user_string(), LANDED) for key in sorted({*keys, *parents})],
    )
    for key in keys:
        node = graph.get(key)
        inputs = {parent.to_user_string(): LANDED for parent in sorted(node.parent_keys)}
        values = {
            "key": key.to_user_string(),
            "inputs": Jsonb(inputs),
            "now": NOW,
            "code": node.code_version,
            "version": LANDED,
        }
        if not isinstance(node.partitions_def, dg.TimeWindowPartitionsDefinition):
            connection.execute(_ONE, values)
            continue
        first, end = existing_window(node.partitions_def, NOW)
        one = partitions.window_containing(node.partitions_def, first)
        values |= {"first": first, "end": end, "step": one[1] - one[0]}
        connection.execute(_MANY, values)
    for landing in keys_with(graph, TRACKS_CHANGED_HOURS):
        connection.execute(
            "insert into ops.changed_hours select %s, g, %s from "
            "generate_series(%s::timestamptz, %s::timestamptz, interval '1 hour') g",
            [landing.to_user_string(), LANDED, START, NOW],
        )
    connection.execute(
        "update ops.changed_hours set version = %s where asset_key = %s and hour = %s",
        [LANDED + 1, DEALS, TOUCHED],
    )


_COLUMNS = """
insert into ops.asset_partition_status (asset_key, partition_key, window_start, window_end, state,
    is_final, row_count, version, input_versions, as_of, code_version, run_id)
"""
_ONE = (
    _COLUMNS + "values (%(key)s, '', null, null, 'MATERIALIZED', false, 1, %(version)s, %(inputs)s,"
    " %(now)s, %(code)s, 'run')"
)
_MANY = (
    _COLUMNS + "select %(key)s, to_char(g, 'YYYY-MM-DD-HH24:MI'), g, g + %(step)s, 'MATERIALIZED', "
    "g + %(step)s <= %(now)s, 1, %(version)s, %(inputs)s, %(now)s, %(code)s, 'run' "
    "from generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 second', "
    "%(step)s) g"
)


def statements(
    graph: dg.AssetGraph, keys: list[dg.AssetKey]
) -> dict[str, Callable[[Connection], object]]:
    """Return everything that plans or guards, by name."""
    running, now_hour = partitions.floor_week(NOW), partitions.floor_hour(NOW)
    week = (running, running + timedelta(days=7))
    by_definition: dict[Any, list[dg.AssetKey]] = {}
    for key in keys:
        by_definition.setdefault(graph.get(key).partitions_def, []).append(key)
    whole = by_definition.pop(None)
    due = {
        f"due of {type(definition).__name__}": (
            lambda c, d=definition, found=found: stale_partitions(
                c, graph, found, existing_window(d, NOW), NOW
            )
        )
        for definition, found in by_definition.items()
    }
    totals = ["filplus/client_provider_distribution_weekly_acc"]
    return {
        **due,
        "due of unpartitioned": lambda c: stale_unpartitioned(c, graph, whole, NOW),
        "hours of a week": lambda c: weekly_guard.require_finished_hours(c, week, NOW),
        "clock of hours": lambda c: weekly_guard.as_of_of_hours(c, week, NOW),
        "base of totals": lambda c: weekly_guard.cumulative_base(c, week, totals),
        "gain of the running week": lambda c: weekly_guard.incremental_since(
            c, week, NOW, {totals[0]: "1"}
        ),
        "running week of pieces": lambda c: _moment(c, running),
        "catch-up sensor, hours": lambda c: unfinished_windows(
            c, graph, by_definition[partitions.hours], HOUR, now_hour, now_hour - 168 * HOUR
        ),
        "touched hours sensor": lambda c: plan_tick(c, LandingCursor(), NOW),
        "freshness": lambda c: c.execute("select * from ops.freshness").fetchall(),
    }


def _moment(connection: Connection, week: datetime) -> None:
    connection.execute(
        piece_tables_guard._RUNNING,
        {
            "pieces": PIECES,
            "totals": [TOTALS, CLAIMS],
            "deals": DEALS,
            "week": week,
            "first": START,
        },
    )


def _cost(connection: Connection, call: Callable[[Connection], object]) -> tuple[float, float]:
    """Return the seconds of a call without explaining, and the rows that its plans visited."""
    ExplainedCursor.plans.clear()
    call(connection)
    visited = sum(rows_visited(plan) for plan in ExplainedCursor.plans)
    connection.cursor_factory = psycopg.Cursor
    began = time.perf_counter()
    call(connection)
    seconds = time.perf_counter() - began
    connection.cursor_factory = ExplainedCursor
    return seconds, visited


def test_planning_costs_the_same_before_and_after_tables_are_analyzed(
    world: Connection, graph: dg.AssetGraph, keys: list[dg.AssetKey]
) -> None:
    calls = statements(graph, keys)
    before = {name: _cost(world, call) for name, call in calls.items()}
    # Small tables may come analyzed with the template of the database.
    known = "select count(*) from pg_stats where schemaname = 'ops' and tablename = any(%s)"
    filled = ["asset_partition_status", "changed_hours"]
    assert world.execute(known, [filled]).fetchone() == (0,)
    world.execute("analyze")
    after = {name: _cost(world, call) for name, call in calls.items()}
    row = world.execute(
        "select (select count(*) from ops.asset_partition_status) "
        "+ (select count(*) from ops.changed_hours)"
    ).fetchone()
    assert row is not None
    there = row[0]
    assert there > 4 * HOURS
    lines = [
        f"{name}: {before[name][0]:.2f} s and {after[name][0]:.2f} s, "
        f"{before[name][1]:,.0f} and {after[name][1]:,.0f} rows"
        for name in calls
    ]
    print(f"{there:,} rows of bookkeeping", *lines, sep="\n")
    # Windows are joined with each of their inputs; a row counts in each node that it passes. Two
    # minutes of one asset were 20,000 hours × 42,000 rows, thousands of times what there was.
    assert [name for name in calls if max(before[name][1], after[name][1]) > 60 * there] == []
    assert [name for name in calls if before[name][0] > 3 * after[name][0] + 1] == []


def test_what_is_due_among_thousands_of_hours_is_found(
    world: Connection, graph: dg.AssetGraph, keys: list[dg.AssetKey]
) -> None:
    hours = [key for key in keys if graph.get(key).partitions_def == partitions.hours]
    found = stale_partitions(world, graph, hours, existing_window(partitions.hours, NOW), NOW)
    of_deals = dg.AssetKey(["filplus", "unified_verified_deal_hourly"])
    assert [(one.key, one.reason) for one in found[of_deals]] == [
        (partitions.key_of(partitions.hours, TOUCHED), "changed")
    ]
