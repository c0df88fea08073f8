"""Row counts of closed partitions against the same weekday before: what is read and told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets.quality.row_count_rules import RowCountRule
from cdp_assets.quality.row_counts import READ, evaluate
from resources.postgres.warehouse import Warehouse
from tests.integration.quality.plans import plan_of

pytestmark = pytest.mark.integration

HOURLY, DAILY, WEEKLY = "filplus/an_hourly", "filplus/a_daily", "filplus/a_weekly"
NEXT_DAY = datetime(2026, 8, 12, tzinfo=UTC)  # a Wednesday; its week began on the 10th
TUESDAY = NEXT_DAY - timedelta(days=1)
MONDAY_BEFORE = datetime(2026, 8, 3, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@pytest.fixture
def warehouse(warehouse_dsn: str) -> Warehouse:
    """A warehouse in which only the ops contract matters."""
    return Warehouse(url=warehouse_dsn)


def _publish(
    warehouse: Warehouse,
    asset: str,
    start: datetime,
    length: timedelta,
    rows: int,
    *,
    is_final: bool = True,
    state: str = "MATERIALIZED",
) -> None:
    with psycopg.connect(warehouse.url) as owner:
        owner.execute(
            "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
            "window_end, state, is_final, row_count) values (%s, %s, %s, %s, %s, %s, %s)",
            [asset, f"{start:%Y-%m-%d-%H:%M}", start, start + length, state, is_final, rows],
        )


def _compared(warehouse: Warehouse, asset: str, weeks: int = 8) -> dg.AssetCheckResult:
    with warehouse.connect(autocommit=True) as connection:
        (found,) = evaluate(connection, [asset], NEXT_DAY, weeks, RowCountRule())
    return found


def _figures(found: dg.AssetCheckResult) -> tuple[object, object, object]:
    names = ("partitions", "partitions_compared", "failing_rows")
    return tuple(found.metadata[name].value for name in names)


def test_an_hour_is_held_against_the_same_hour_of_the_same_weekday(warehouse: Warehouse) -> None:
    for hour in range(24):
        _publish(warehouse, HOURLY, TUESDAY + hour * HOUR, HOUR, 500 if hour == 5 else 100)
        for back in range(1, 5):
            _publish(warehouse, HOURLY, TUESDAY + hour * HOUR - back * WEEK, HOUR, 100)
            # Other days have other numbers, which say nothing of a Tuesday.
            _publish(warehouse, HOURLY, TUESDAY + hour * HOUR - back * WEEK - DAY, HOUR, 9_000)
    found = _compared(warehouse, HOURLY)
    assert _figures(found) == (24, 24, 1)
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.metadata["samples"].value == [
        {
            "partition": "2026-08-11-05:00",
            "rows": "500",
            "median": "100",
            "history": "100, 100, 100, 100",
            "finding": "too many",
        }
    ]
    assert found.description.startswith(
        "Unusual: 1 of 24 partitions, first 2026-08-11-05:00: 500 rows are too many, the median is "
        "100. "
    )


def test_a_weekly_table_is_compared_by_the_last_week_that_ended(warehouse: Warehouse) -> None:
    _publish(warehouse, WEEKLY, MONDAY_BEFORE + WEEK, WEEK, 1, is_final=False)
    for back, rows in enumerate((10, 100, 101, 100, 101)):
        _publish(warehouse, WEEKLY, MONDAY_BEFORE - back * WEEK, WEEK, rows)
    found = _compared(warehouse, WEEKLY)
    assert _figures(found) == (1, 1, 1)
    (sample,) = found.metadata["samples"].value
    assert (sample["rows"], sample["median"]) == ("10", "100.5")
    assert sample["history"] == "101, 100, 101, 100"


@pytest.mark.parametrize("weeks", [3, 4])
def test_history_ends_where_it_is_told_to(warehouse: Warehouse, weeks: int) -> None:
    for back, rows in enumerate((1_000, 100, 100, 100, 100)):
        _publish(warehouse, DAILY, TUESDAY - back * WEEK, DAY, rows)
    found = _compared(warehouse, DAILY, weeks)
    assert _figures(found) == (1, int(weeks == 4), int(weeks == 4))


def test_days_that_were_not_observed_or_not_finished_are_no_history(warehouse: Warehouse) -> None:
    _publish(warehouse, DAILY, TUESDAY, DAY, 1_000)
    for back in range(1, 4):
        _publish(warehouse, DAILY, TUESDAY - back * WEEK, DAY, 100)
    _publish(warehouse, DAILY, TUESDAY - 4 * WEEK, DAY, 0, state="NOT_OBSERVED")
    _publish(warehouse, DAILY, TUESDAY - 5 * WEEK, DAY, 40, is_final=False)
    found = _compared(warehouse, DAILY)
    assert _figures(found) == (1, 0, 0)
    assert found.description.startswith("Too new or too small to compare: 1 partition. ")


def test_a_table_without_a_closed_partition_passes_and_says_so(warehouse: Warehouse) -> None:
    _publish(warehouse, DAILY, NEXT_DAY, DAY, 1_000)
    found = _compared(warehouse, DAILY)
    assert (found.passed, _figures(found)) == (True, (0, 0, 0))
    assert found.description.startswith("Too new or too small to compare: 0 partitions. ")


def test_the_history_of_years_is_not_read(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as owner:
        owner.execute(
            "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
            "window_end, state, is_final, row_count) "
            "select %s, n::text, %s - n * interval '1 hour', %s - (n - 1) * interval '1 hour', "
            "'MATERIALIZED', true, 100 from generate_series(1, 20000) n",
            [HOURLY, NEXT_DAY, NEXT_DAY],
        )
        owner.execute("analyze ops.asset_partition_status")
    values = {"assets": [HOURLY], "next_day": NEXT_DAY, "weeks": 8}
    with warehouse.connect(autocommit=True) as connection:
        nodes = plan_of(connection, READ, values)
    scans = {node["Node Type"] for node in nodes if "Relation Name" in node}
    assert "Seq Scan" not in scans
    read = sum(
        node["Actual Rows"] * node["Actual Loops"] for node in nodes if "Relation Name" in node
    )
    assert read < 1_000, "two weeks of hours, and eight look-ups for each of the closed day"
