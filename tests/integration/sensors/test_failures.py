"""A failed check or run is told once, blocking or not, until it passes (U-22)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from cdp_assets.core.checks.alerts import CheckOutcome, apply_outcomes, describe_open
from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.dbt.dbt_test_results import FAILING_PARTITIONS
from cdp_assets.partitions import days
from resources.postgres.ops_status import record_run
from resources.postgres.warehouse import Warehouse
from sensors.alerts import FailureCursor, build_alert_sensor, read_cursor, record_outcomes

pytestmark = pytest.mark.integration

TABLE = "filplus/things"
NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)


class Small:
    """A code location of two tables with a check each, and what the next run finds.

    Attributes:
        broken: Tables whose check fails in the next run.
        failing: Partitions that the check of the daily table names.
        fails: The next run fails before it writes.
    """

    def __init__(self, instance: dg.DagsterInstance, connection: psycopg.Connection) -> None:
        self.instance, self.connection = instance, connection
        self.broken: set[str] = set()
        self.failing: list[str] = []
        self.fails = False
        self.cursor: str | None = None

    def run(self, severity: dg.AssetCheckSeverity, *, blocking: bool) -> None:
        """Make the unpartitioned table and evaluate its check."""

        @dg.asset(key=TABLE.split("/"))
        def things() -> None:
            if self.fails:
                raise dg.Failure("the source is asleep")

        @dg.asset_check(asset=TABLE.split("/"), name="are_good", blocking=blocking)
        def are_good() -> dg.AssetCheckResult:
            return self._result(severity)

        @dg.asset(key=["filplus", "built_on_things"], deps=[TABLE.split("/")])
        def built_on_things() -> None: ...

        job = dg.define_asset_job("things_job")
        defs = dg.Definitions([things, built_on_things], asset_checks=[are_good], jobs=[job])
        defs.resolve_job_def("things_job").execute_in_process(
            instance=self.instance, raise_on_error=False
        )

    def run_days(self, first: str, last: str) -> None:
        """Make a range of days and evaluate the check over all of them."""

        @dg.asset(
            key=TABLE.split("/"),
            partitions_def=days,
            check_specs=[dg.AssetCheckSpec("are_good", asset=TABLE.split("/"))],
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def things():
            yield dg.MaterializeResult()
            yield self._result(dg.AssetCheckSeverity.ERROR)

        tags = {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        }
        job = dg.Definitions([things]).resolve_implicit_global_asset_job_def()
        job.execute_in_process(instance=self.instance, tags=tags)

    def look(self) -> list[tuple]:
        """Evaluate the sensor and keep its cursor; return what is open."""
        result = record_outcomes(self.instance, self.connection, read_cursor(self.cursor))
        assert not result.run_requests
        self.cursor = result.cursor
        return self.rows("kind, subject, check_name, severity, is_blocking, failures", "closed_at")

    def days(self) -> list[tuple]:
        """Evaluate the sensor; return the partitions that are open."""
        self.look()
        return self.rows("first_partition, last_partition", "closed_at")

    def rows(self, columns: str, is_null: str) -> list[tuple]:
        """Return rows of the alerts in which a column is null, in order."""
        return self.connection.execute(
            f"select {columns} from ops.alerts where {is_null} is null "  # type: ignore[arg-type]
            "order by kind, subject, check_name, first_partition"
        ).fetchall()

    def count(self) -> int:
        """Return how many alerts there ever were."""
        return len(self.rows("alert_id", "null"))

    def _result(self, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
        red = TABLE in self.broken
        named = {FAILING_PARTITIONS: dg.MetadataValue.json(self.failing)} if self.failing else {}
        return check_result(
            TABLE,
            "are_good",
            "Things are good.",
            failing_rows=int(red),
            sql="select 1",
            severity=severity,
            metadata=named if red else {},
        )


@pytest.fixture
def small(instance: dg.DagsterInstance, warehouse: Warehouse) -> Callable[[], Small]:
    """A small code location whose runs are recorded in a real instance."""
    return lambda: Small(instance, psycopg.connect(warehouse.url, autocommit=True))


@pytest.fixture
def world(small: Callable[[], Small]):
    """The small world; its connection is closed after the test."""
    made = small()
    with made.connection:
        yield made
    made.connection.close()


WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def test_a_warning_that_blocks_nothing_is_told_once_and_closed_when_it_passes(world: Small) -> None:
    world.broken = {TABLE}
    world.run(WARN, blocking=False)
    told = ("check", TABLE, "are_good", "WARN", False, 1)
    assert world.look() == [told]
    assert [world.look() for _ in range(3)] == [[told]] * 3
    world.broken = set()
    world.run(WARN, blocking=False)
    assert world.look() == []
    assert world.count() == 1


def test_a_blocking_check_is_told_once_with_the_run_that_it_failed(world: Small) -> None:
    world.broken = {TABLE}
    world.run(ERROR, blocking=True)
    check, run = world.look()
    assert check == ("check", TABLE, "are_good", "ERROR", True, 1)
    assert run == ("run", "things_job", "", "ERROR", True, 1)
    assert world.look() == [check, run]
    world.broken = set()
    world.run(ERROR, blocking=True)
    assert world.look() == []
    assert world.count() == 2


def test_a_failure_that_lasts_is_one_alert_that_counts(world: Small) -> None:
    world.broken = {TABLE}
    for number in (1, 2, 3):
        world.run(ERROR, blocking=False)
        assert world.look() == [("check", TABLE, "are_good", "ERROR", False, number)]
    assert world.count() == 1


def test_one_that_fails_passes_and_fails_between_two_looks_is_two_alerts(world: Small) -> None:
    for broken in ({TABLE}, set[str](), {TABLE}):
        world.broken = broken
        world.run(WARN, blocking=False)
    assert len(world.look()) == 1
    assert world.count() == 2


def test_a_lost_cursor_opens_nothing_twice_and_closes_nothing_that_is_open(world: Small) -> None:
    for broken in ({TABLE}, set[str](), {TABLE}):
        world.broken = broken
        world.run(ERROR, blocking=False)
    before = world.look()
    everything = world.rows("*", "null")
    world.cursor = None
    assert world.look() == before
    assert world.rows("*", "null") == everything


def test_a_failed_run_says_why_and_the_next_good_one_closes_it(world: Small) -> None:
    world.fails = True
    world.run(WARN, blocking=False)
    assert world.look() == [("run", "things_job", "", "ERROR", True, 1)]
    assert world.rows("message", "closed_at") == [("the source is asleep",)]
    world.fails = False
    world.run(WARN, blocking=False)
    assert world.look() == []


def test_a_failed_run_is_over_once_somebody_else_made_its_table_good(
    world: Small, warehouse: Warehouse
) -> None:
    world.fails = True
    world.run(WARN, blocking=False)
    (run,) = world.instance.get_runs()
    with (
        pytest.raises(RuntimeError),
        record_run(
            warehouse,
            run_id=run.run_id,
            asset_keys=[TABLE],
            partition_keys=[""],
            window=None,
            launched_by="test",
        ),
    ):
        raise RuntimeError("asleep")
    assert len(world.look()) == 1
    world.connection.execute("update ops.asset_partition_status set error_code = null")
    assert world.look() == []


def test_only_the_days_that_hold_a_failing_row_are_told(world: Small) -> None:
    world.broken, world.failing = {TABLE}, ["2026-08-03", "2026-08-05"]
    world.run_days("2026-08-01", "2026-08-09")
    assert world.days() == [("2026-08-03", "2026-08-03"), ("2026-08-05", "2026-08-05")]
    world.failing = ["2026-08-05"]
    world.run_days("2026-08-02", "2026-08-06")
    assert world.days() == [("2026-08-05", "2026-08-05")]
    world.broken = set()
    world.run_days("2026-08-04", "2026-08-04")
    assert world.days() == [("2026-08-05", "2026-08-05")]
    world.run_days("2026-08-05", "2026-08-05")
    assert world.days() == []


def test_a_check_that_names_no_day_stands_for_the_range_of_its_run(world: Small) -> None:
    world.broken = {TABLE}
    world.run_days("2026-08-01", "2026-08-09")
    assert world.days() == [("2026-08-01", "2026-08-09")]
    world.broken = set()
    world.run_days("2026-08-02", "2026-08-09")
    assert world.days() == [("2026-08-01", "2026-08-09")]
    world.run_days("2026-07-30", "2026-08-09")
    assert world.days() == []


def _outcome(number: int, **other: object) -> CheckOutcome:
    values = {
        "kind": "check",
        "subject": f"filplus/t{number}",
        "check_name": "holds",
        "first": "",
        "last": "",
        "is_good": False,
        "failing": (),
        "severity": "WARN",
        "is_blocking": False,
        "message": "Three rows\nbreak it.",
        "run_id": "r",
        "at": NOON,
        **other,
    }
    return CheckOutcome(**values)  # type: ignore[arg-type]


def test_status_shows_errors_first_and_says_how_many_more_there_are(warehouse: Warehouse) -> None:
    red = _outcome(5, severity="ERROR", first="850", last="850")
    with warehouse.connect(autocommit=True) as connection:
        assert list(describe_open(connection)) == []
        apply_outcomes(connection, [*map(_outcome, range(5)), red])
        lines = list(describe_open(connection, limit=3))
    assert lines[0] == (
        "ERROR since 2026-08-12 12:00, 1 time: filplus/t5 holds of 850: Three rows break it."
    )
    assert lines[-1] == "and 3 more: select * from ops.open_alerts"
    assert len(lines) == 4


def test_many_failing_partitions_are_one_alert_until_none_of_them_fails(
    warehouse: Warehouse,
) -> None:
    keys = tuple(str(number) for number in range(990, 1020))
    whole = {"first": "990", "last": "1019"}
    later = NOON + timedelta(hours=1)
    with warehouse.connect(autocommit=True) as connection:
        apply_outcomes(connection, [_outcome(1, failing=keys, **whole)])
        (row,) = connection.execute(
            "select first_partition, last_partition from ops.open_alerts"
        ).fetchall()
        assert row == ("990", "1019")
        apply_outcomes(connection, [_outcome(1, is_good=True, at=later, **whole)])
        assert connection.execute("select from ops.open_alerts").fetchall() == []


def test_an_evaluation_of_the_sensor_over_a_full_page_takes_less_than_two_cpu_seconds(
    world: Small, warehouse: Warehouse
) -> None:
    names = [f"claim_{number:03}" for number in range(500)]

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=TABLE.split("/")) for name in names])
    def many():
        for name in names:
            yield check_result(TABLE, name, "It holds.", failing_rows=1, sql="select 1")

    job = dg.define_asset_job("many_job", selection=dg.AssetSelection.checks(many))
    defs = dg.Definitions(asset_checks=[many], jobs=[job])
    for _ in range(2):
        defs.resolve_job_def("many_job").execute_in_process(instance=world.instance)
    sensor = build_alert_sensor(dg.DefaultSensorStatus.STOPPED)
    context = dg.build_sensor_context(
        instance=world.instance, resources={"warehouse": warehouse}, definitions=defs
    )
    began = time.process_time()  # a quarter of a second by the clock; others may use the machine
    tick = sensor.evaluate_tick(context)
    assert time.process_time() - began < 2
    assert tick.run_requests == []
    assert world.count() == 500
    assert read_cursor(tick.cursor).checks > 1000


def test_a_cursor_of_another_shape_counts_as_nothing() -> None:
    assert read_cursor('{"version": 0, "checks": 7}') == read_cursor(None) == FailureCursor()


def test_what_is_in_flight_and_the_newest_evaluations_are_written_for_readers(world: Small) -> None:
    world.broken = {TABLE}
    world.run(dg.AssetCheckSeverity.WARN, blocking=False)
    world.instance.add_daemon_heartbeat(
        DaemonHeartbeat(NOON.timestamp(), "SENSOR", "id", errors=[])
    )
    world.look()
    states = "select asset_key, check_name, passed, severity from ops.check_states"
    assert world.connection.execute(states).fetchall() == [(TABLE, "are_good", False, "WARN")]
    status = "select runs_in_flight, runs_queued, daemon_heartbeat_at from ops.orchestrator_status"
    assert world.connection.execute(status).fetchall() == [(0, 0, NOON)]
    world.broken = set()
    world.run(dg.AssetCheckSeverity.WARN, blocking=False)
    world.look()
    assert world.connection.execute(states).fetchall() == [(TABLE, "are_good", True, "WARN")]
