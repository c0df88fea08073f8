"""What schedules and the sensors of hours and weeks ask for, executed as the daemon would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import HOURLY
from cdp_assets import clock
from cdp_assets.core.planning.planner import Refresher, stale_counts
from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.jobs import HOURLY_JOB, WEEKLY_JOB
from cdp_assets.settings import publish_environment
from cdp_assets.units import time_to_height
from sensors.late_data import (
    LandingCursor,
    plan_tick,
    read_cursor,
)
from sensors.unfinished_partitions import plan_evaluation
from tests.integration.filplus.pipeline import DEAL_TABLES, WEEKS_OF_DEALS, Pipeline

pytestmark = pytest.mark.integration

NOW = datetime(2024, 3, 12, 12, 15, tzinfo=UTC)  # a Tuesday: last week is no longer the schedule's
LATE = datetime(2024, 3, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
Key = TypeVar("Key", dg.AssetKey, dg.AssetCheckKey)
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


class _Daemon:
    """Executes requests in this process, with nothing but what the request says."""

    def __init__(self, defs: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self._defs = defs
        self._instance = instance

    def tick(self, schedule: str) -> dg.RunRequest:
        definition = self._defs.resolve_schedule_def(schedule)
        context = dg.build_schedule_context(scheduled_execution_time=NOW)
        (request,) = definition.evaluate_tick(context).run_requests or []
        self.execute(definition.job_name, request)
        return request

    def execute(self, job: str | None, request: dg.RunRequest) -> None:
        assert job is not None
        chosen = self._defs.resolve_job_def(job).get_subset(
            asset_selection=_frozen(request.asset_selection),
            asset_check_selection=_frozen(request.asset_check_keys),
        )
        assert {"table_checks", "expectations"}.isdisjoint(node.name for node in chosen.nodes)
        result = chosen.execute_in_process(
            instance=self._instance,
            tags=dict(request.tags),
            raise_on_error=True,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        assert result.success


def _frozen(keys: Sequence[Key] | None) -> frozenset[Key] | None:
    return None if keys is None else frozenset(keys)


@pytest.mark.usefixtures("nobody_known")
def test_a_late_row_heals_its_hour_and_every_later_week_without_a_person(
    definitions: dg.Definitions, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    publish_environment({"DMOB_DATABASE_URL": worked_example.dmob})
    worked_example.at(NOW).sync()
    worked_example.refresh(definitions)
    refresher = Refresher(
        definitions, instance, worked_example.warehouse, as_of=clock.now(), user="test"
    )
    chosen = refresher.select([DEAL_TABLES])
    assert _stale(refresher, chosen) == {}
    before = worked_example.content()
    daemon = _Daemon(definitions, instance)
    cursor = _quiet(worked_example)

    _arrive_late(worked_example)
    daemon.tick("dmob_sync_hourly_schedule")
    cursor, asked = _let_the_sensor_ask(worked_example, daemon, cursor)
    assert asked == [
        ("filplus_hourly_job", "2024-03-01-05:00", "2024-03-01-05:00"),
        ("filplus_weekly_job", "2024-02-26", "2024-03-04"),
    ]
    _be_granted_late(worked_example)
    daemon.tick("dmob_sync_hourly_schedule")
    cursor, asked = _let_the_sensor_ask(worked_example, daemon, cursor)
    assert asked == [("filplus_weekly_job", "2024-03-04", "2024-03-04")]
    # Old datacap by week reads entities, which the next hour's weeks see.
    for cadence in ("weekly", "entities", "daily", "weekly", "entities"):
        daemon.tick(f"filplus_{cadence}_schedule")
    assert _stale(refresher, chosen) == {}
    after = worked_example.content()
    changed = {table for table in after if after[table] != before[table]}
    assert {"client_claims_hourly", "providers_weekly", "providers_weekly_acc"} <= changed
    assert {"client_datacap_allocation", "allocators_weekly", "provider"} <= changed


@pytest.mark.usefixtures("nobody_known")
def test_an_hourly_tick_makes_the_hour_that_ended_and_the_one_that_runs(
    definitions: dg.Definitions, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    publish_environment({"DMOB_DATABASE_URL": worked_example.dmob})
    worked_example.at(NOW).sync()
    _Daemon(definitions, instance).tick("filplus_hourly_schedule")
    with worked_example.warehouse.connect() as connection:
        runs = connection.execute(
            "select distinct window_start, window_end, partitions, outcome, launched_by "
            "from ops.runs where asset_key like 'filplus/%'"
        ).fetchall()
    begin, end = NOW.replace(hour=11, minute=0), NOW.replace(hour=13, minute=0)
    assert runs == [(begin, end, 2, "SUCCESS", "schedule:filplus_hourly_schedule")]


@pytest.mark.usefixtures("nobody_known")
def test_an_hour_whose_closing_run_failed_is_closed_later_and_its_week_is_made(
    definitions: dg.Definitions, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    pipeline, first = worked_example, datetime(2024, 2, 19, tzinfo=UTC)
    nine = NOW.replace(hour=9, minute=0)
    pipeline.at(nine + timedelta(minutes=5)).sync()
    assert all(r.is_good for r in pipeline.build(HOURLY, first, nine + HOUR))
    pipeline.at(NOW)  # the run at ten past ten failed; those since made what they were asked for
    assert all(r.is_good for r in pipeline.build(HOURLY, nine + HOUR, nine + 4 * HOUR))
    with pytest.raises(MissingUpstream, match=r"09:00 \(built before it ended\)"):
        pipeline.build(WEEKS_OF_DEALS, first, first + 28 * 24 * HOUR)

    graph, daemon = definitions.resolve_asset_graph(), _Daemon(definitions, instance)
    hours, weeks = ([dg.AssetKey(["filplus", name]) for name in names] for names in (HOURLY, ()))
    with pipeline.warehouse.connect(autocommit=True) as connection:
        keys = {HOURLY_JOB: hours, WEEKLY_JOB: weeks}
        (request,) = plan_evaluation(connection, graph, keys, NOW)
        assert {request.tags[tag] for tag in RANGE} == {"2024-03-12-09:00"}
        daemon.execute(request.job_name, request)
        assert plan_evaluation(connection, graph, keys, NOW) == []
    results = pipeline.build(WEEKS_OF_DEALS, first, first + 28 * 24 * HOUR)
    assert all(result.is_good for result in results)


def _let_the_sensor_ask(
    pipeline: Pipeline, daemon: _Daemon, cursor: LandingCursor
) -> tuple[LandingCursor, list[tuple[str | None, ...]]]:
    """Evaluate three times and do what is asked for; return the cursor and the requests."""
    asked: list[tuple[str | None, ...]] = []
    with pipeline.warehouse.connect(autocommit=True) as connection:
        for _ in range(3):
            evaluation = plan_tick(connection, cursor, NOW)
            cursor = read_cursor(evaluation.cursor)
            for request in evaluation.run_requests or []:
                asked.append((request.job_name, *(request.tags[tag] for tag in RANGE)))
                daemon.execute(request.job_name, request)
    return cursor, asked


def _be_granted_late(pipeline: Pipeline) -> None:
    with psycopg.connect(pipeline.dmob) as connection:
        connection.execute(
            'insert into verified_client_allowance ("addressId", "verifierAddressId", "height", '
            "\"allowance\") values ('f0100', 'f0301', 3707001, 5)"
        )


def _quiet(pipeline: Pipeline) -> LandingCursor:
    """Let the sensor see a history that is current: it asks for nothing."""
    cursor = LandingCursor()
    with pipeline.warehouse.connect(autocommit=True) as connection:
        for _ in range(3):
            evaluation = plan_tick(connection, cursor, NOW)
            assert not evaluation.run_requests
            cursor = read_cursor(evaluation.cursor)
    return cursor


def _arrive_late(pipeline: Pipeline) -> None:
    with psycopg.connect(pipeline.dmob) as connection:
        connection.execute(
            'insert into unified_verified_deal ("clientId", "providerId", "pieceCid", "pieceSize", '
            "\"sectorId\", \"termStart\") values ('100', '200', 'LATE', 32, '20', %s)",
            [time_to_height(LATE)],
        )


def _stale(refresher: Refresher, chosen: set[dg.AssetKey]) -> dict[str, Counter[str]]:
    return stale_counts(refresher.graph, refresher.warehouse, chosen, refresher.as_of)
