"""Two launches on one table take turns; launches on different tables do not (issue A, item 7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets import partitions
from cdp_assets.core.planning.planner import Refresher
from tests.integration.filplus.command import command, waiting_sessions
from tests.integration.filplus.deals.test_worked_example import EXPECTED, RATES
from tests.integration.filplus.pipeline import Pipeline
from tests.integration.filplus.reference import stored

pytestmark = pytest.mark.integration

MONDAY = datetime(2024, 3, 11, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = "filplus/unified_verified_deal_hourly"


def test_overlapping_ranges_of_two_launches_take_turns_and_give_exact_rows(
    definitions: dg.Definitions, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    pipeline = worked_example.at(MONDAY + 8 * HOUR)
    pipeline.keep_rates(RATES)
    pipeline.sync()
    refresher = Refresher(
        definitions, instance, pipeline.warehouse, as_of=MONDAY + 8 * HOUR, user="ann"
    )
    (planned,) = refresher.backfill_plan(
        dg.AssetKey(KEY.split("/")), (MONDAY + HOUR, MONDAY + 6 * HOUR)
    )
    arguments = ("backfill", KEY, "--from", "2024-03-11T00:00Z", "--to", "2024-03-11T04:00Z")
    with (
        psycopg.connect(pipeline.warehouse.url, autocommit=True) as gate,
        ThreadPoolExecutor(1) as other,
        command(*arguments) as process,
    ):
        gate.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [f"cdp table {KEY}"])
        in_this_process = other.submit(refresher.launch, planned)
        process.wait_until(lambda: waiting_sessions(gate, "advisory") == 2)
        process.wait_until(lambda: f"waiting for the lock of table {KEY}: held" in process.said())
        _make_other_tables(pipeline)
        assert waiting_sessions(gate, "advisory") == 2
        gate.execute("select pg_advisory_unlock_all()")
        assert in_this_process.result().error is None
        assert process.process.wait(60) == 0, process.said()
    assert pipeline.rows("unified_verified_deal_hourly") == [
        row for row in EXPECTED["unified_verified_deal_hourly"] if row[0] >= stored(2024, 3, 11)
    ]
    with pipeline.warehouse.connect() as connection:
        runs = connection.execute(
            "select started_at, finished_at, outcome, partitions from ops.runs "
            "where asset_key = %s order by 1",
            [KEY],
        ).fetchall()
        made = connection.execute(
            "select count(*), sum(row_count) from ops.asset_partition_status where asset_key = %s",
            [KEY],
        ).fetchone()
    assert [outcome for _, _, outcome, _ in runs] == ["SUCCESS", "SUCCESS"]
    assert sorted(count for _, _, _, count in runs) == [4, 5]
    assert runs[0][1] <= runs[1][0]  # the second began its work when the first had ended
    assert made == (6, 3)


def _make_other_tables(pipeline: Pipeline) -> None:
    """Make a day while both launches for hours wait."""
    day = datetime(2024, 3, 7, tzinfo=UTC)
    pipeline.land_days([partitions.key_of(partitions.days, day)])
    results = pipeline.build(["provider_url_finder_retrievability_daily"], day, day + DAY)
    assert all(result.is_good for result in results)
    assert pipeline.rows("provider_url_finder_retrievability_daily") == [
        (stored(2024, 3, 7), "f0200", None)
    ]


def test_locks_of_different_tables_pass_each_other_and_those_of_one_do_not(
    worked_example: Pipeline,
) -> None:
    warehouse = worked_example.warehouse
    with (
        psycopg.connect(warehouse.url, autocommit=True) as observer,
        ThreadPoolExecutor(1) as other,
    ):

        def lock(*keys: str) -> str:
            with warehouse.lock_tables(keys):
                return ", ".join(keys)

        with warehouse.lock_tables(["filplus/a", "filplus/b"]):
            assert other.submit(lock, "filplus/c", "filplus/d").result(10) == "filplus/c, filplus/d"
            waiting = other.submit(lock, "filplus/b", "filplus/c")
            while waiting_sessions(observer, "advisory") == 0:
                assert not waiting.done()
        assert waiting.result(10) == "filplus/b, filplus/c"
