"""``ops.partition_lag``: what a partition was built from, against what its inputs are now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.explained import ExplainedCursor, rows_visited

pytestmark = pytest.mark.integration

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
READER, INPUT = "mart/reader", "staging/input"


@pytest.fixture
def world(warehouse_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse_dsn, autocommit=True) as connection:
        yield connection


def write(
    world: psycopg.Connection,
    asset_key: str,
    version: int | None,
    *,
    key: str = "",
    start: datetime | None = None,
    step: timedelta = WEEK,
    read: dict[str, int] | None = None,
) -> None:
    """Record a partition with its version and the versions that it read; null: never written."""
    world.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
        "window_end, state, is_final, version, input_versions) "
        "values (%s, %s, %s, %s, 'MATERIALIZED', true, %s, %s)",
        [
            asset_key,
            f"{start:%Y-%m-%d-%H:%M}" if start else key,
            start,
            start and start + step,
            version,
            Jsonb(read or {}),
        ],
    )
    if version is not None:
        world.execute(
            "insert into ops.asset_version as v values (%s, %s, now()) "
            "on conflict (asset_key) do update set version = greatest(v.version, excluded.version)",
            [asset_key, version],
        )


def change_hour(world: psycopg.Connection, hour: datetime, version: int) -> None:
    world.execute("insert into ops.changed_hours values (%s, %s, %s)", [INPUT, hour, version])


def lag(world: psycopg.Connection) -> tuple[int | None, bool, int | None, bool]:
    """Return what the view says of the only input of the reader's only partition."""
    (row,) = world.execute(
        "select version_now, is_behind, version_to_date, is_behind_to_date "
        "from ops.partition_lag where asset_key = %s and input_key = %s and version_read = 5",
        [READER, INPUT],
    ).fetchall()
    return row


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        pytest.param(MONDAY, (6, True, 6, True), id="first of the window"),
        pytest.param(MONDAY + WEEK - HOUR, (6, True, 6, True), id="last of the window"),
        pytest.param(MONDAY + WEEK, (None, False, None, False), id="after it"),
        pytest.param(MONDAY - HOUR, (None, False, 6, True), id="before it: running totals only"),
    ],
)
def test_a_landing_counts_by_the_hours_that_it_changed(
    world: psycopg.Connection, hour: datetime, expected: tuple[object, ...]
) -> None:
    write(world, INPUT, 9)
    change_hour(world, hour, 6)
    write(world, READER, 1, start=MONDAY, read={INPUT: 5})
    assert lag(world) == expected


@pytest.mark.parametrize(
    ("start", "step", "expected"),
    [
        pytest.param(MONDAY, WEEK, (6, True, 6, True), id="the same window"),
        pytest.param(MONDAY + DAY, HOUR, (6, True, 6, True), id="a shorter one inside"),
        pytest.param(MONDAY - DAY, 4 * WEEK, (6, True, 6, True), id="a longer one around"),
        pytest.param(MONDAY - WEEK, WEEK, (None, False, 6, True), id="the one before"),
        pytest.param(MONDAY + WEEK, WEEK, (None, False, None, False), id="the one after"),
    ],
)
def test_partitions_count_where_they_overlap(
    world: psycopg.Connection, start: datetime, step: timedelta, expected: tuple[object, ...]
) -> None:
    write(world, INPUT, 6, start=start, step=step)
    write(world, READER, 1, start=MONDAY, read={INPUT: 5})
    assert lag(world) == expected


def test_what_was_read_already_is_not_behind(world: psycopg.Connection) -> None:
    write(world, INPUT, 5, start=MONDAY)
    write(world, READER, 1, start=MONDAY, read={INPUT: 5})
    assert lag(world) == (5, False, 5, False)


def test_an_input_without_partitions_counts_in_full(world: psycopg.Connection) -> None:
    write(world, INPUT, 6)
    write(world, READER, 1, start=MONDAY, read={INPUT: 5})
    assert lag(world) == (6, True, 6, True)


def test_a_reader_without_partitions_reads_all_of_its_inputs(world: psycopg.Connection) -> None:
    write(world, INPUT, 4, start=MONDAY)
    write(world, INPUT, 6, start=MONDAY - WEEK)
    write(world, READER, 1, read={INPUT: 5})
    assert lag(world) == (6, True, 6, True)


def test_periods_of_a_chain_compare_by_key(world: psycopg.Connection) -> None:
    write(world, INPUT, 6, key="700")
    write(world, INPUT, 5, key="701")
    for period in ("700", "701", "702"):
        write(world, READER, 1, key=period, read={INPUT: 5})
    rows = world.execute(
        "select partition_key, version_now, is_behind from ops.partition_lag order by 1"
    ).fetchall()
    assert rows == [("700", 6, True), ("701", 5, False), ("702", None, False)]


def test_a_partition_that_was_never_written_is_not_newer(world: psycopg.Connection) -> None:
    write(world, INPUT, None, start=MONDAY)
    write(world, READER, 1, start=MONDAY, read={INPUT: 5})
    assert lag(world) == (None, False, None, False)


def test_an_asset_is_not_an_input_of_itself(world: psycopg.Connection) -> None:
    write(world, READER, 2, start=MONDAY, read={READER: 1})
    assert world.execute("select count(*) from ops.partition_lag").fetchone() == (0,)


@pytest.mark.parametrize("is_analyzed", [False, True], ids=["never analyzed", "analyzed"])
def test_one_window_costs_the_same_however_long_the_history(
    world: psycopg.Connection, is_analyzed: bool
) -> None:
    for table in ("asset_partition_status", "changed_hours"):
        world.execute(f"alter table ops.{table} set (autovacuum_enabled = off)".encode())
    hours = "generate_series(%(first)s::timestamptz, %(last)s, interval '1 hour') h"
    values = {"first": MONDAY - 3000 * HOUR, "last": MONDAY + WEEK - HOUR, "input": INPUT}
    world.execute(f"insert into ops.changed_hours select %(input)s, h, 6 from {hours}", values)
    for asset_key, inputs in ((READER, {INPUT: 5, "mart/other": 1}), ("mart/other", {})):
        world.execute(
            "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
            "window_end, state, is_final, version, input_versions) select %(key)s, "
            f"h::text, h, h + interval '1 hour', 'MATERIALIZED', true, 1, %(inputs)s from {hours}",
            {**values, "key": asset_key, "inputs": Jsonb(inputs)},
        )
    if is_analyzed:
        world.execute("analyze")
    with ExplainedCursor(world) as cursor:
        ExplainedCursor.plans.clear()
        cursor.execute(
            "select s.window_start from ops.asset_partition_status s where s.asset_key = %s "
            "and s.window_start >= %s and (select bool_or(l.is_behind) from ops.partition_lag l "
            "where l.asset_key = s.asset_key and l.partition_key = s.partition_key)",
            [READER, MONDAY + 6 * DAY],
        )
        assert len(cursor.fetchall()) == 24
    # 24 hours with two inputs each, some ten rows for each comparison; there are 9,500 rows.
    assert sum(rows_visited(plan) for plan in ExplainedCursor.plans) < 24 * 2 * 20
