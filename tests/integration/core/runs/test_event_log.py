"""Dagster's events that plan partitions: written in few statements, the same rows as one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg
import pytest
import sqlalchemy as sa
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import AssetMaterializationPlannedData
from dagster._core.storage.event_log.base import EventLogStorage

from cdp_assets.core.runs.event_log_storage import BatchedEventLogStorage
from resources.postgres.database_urls import sqlalchemy_url
from tests.conftest import fresh_database

pytestmark = pytest.mark.integration

HOURS = 24
_ROWS = """
select asset_key, partition, dagster_event_type, step_key, event::jsonb - 'timestamp' - 'run_id'
from event_logs where run_id = %s order by id
"""


@pytest.fixture
def storage(server: Any) -> Iterator[tuple[BatchedEventLogStorage, str]]:
    for dsn in fresh_database(server):
        made = BatchedEventLogStorage.from_config_value(None, {"postgres_url": sqlalchemy_url(dsn)})
        yield made, dsn
        made.dispose()


def _planned(run_id: str) -> list[dg.EventLogEntry]:
    """Return what the framework announces for a run of two tables over a day of hours."""
    events = [
        dg.DagsterEvent.build_asset_materialization_planned_event(
            "job",
            "step",
            AssetMaterializationPlannedData(
                dg.AssetKey(["filplus", table]), f"2026-06-01-{hour:02}:00", None
            ),
        )
        for table in ("one", "two")
        for hour in range(HOURS)
    ]
    check = dg.DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        "job",
        step_key="step",
        event_specific_data=AssetCheckEvaluationPlanned(
            asset_key=dg.AssetKey(["filplus", "one"]), check_name="check"
        ),
    )
    return [
        dg.EventLogEntry(  # type: ignore[no-untyped-call]
            error_info=None,
            level=logging.DEBUG,
            user_message="",
            run_id=run_id,
            timestamp=1_780_000_000.0,
            step_key="step",
            job_name="job",
            dagster_event=event,
        )
        for event in (*events[:HOURS], check, *events[HOURS:])
    ]


def test_a_batch_leaves_what_single_events_leave(
    storage: tuple[BatchedEventLogStorage, str],
) -> None:
    log, dsn = storage
    statements: list[str] = []
    sa.event.listen(log._engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    EventLogStorage.store_event_batch(log, _planned("single"))
    one_by_one = len(statements)
    statements.clear()
    log.store_event_batch(_planned("batch"))
    assert len(statements) * 10 < one_by_one
    with psycopg.connect(dsn) as connection:
        single, batch = (connection.execute(_ROWS, [r]).fetchall() for r in ("single", "batch"))
        # The check's announcement comes after those of the tables.
        assert sorted(map(str, batch)) == sorted(map(str, single))
        assert len(batch) == 2 * HOURS + 1
        keys = connection.execute("select asset_key, last_run_id from asset_keys order by 1")
        assert keys.fetchall() == [('["filplus", "one"]', "batch"), ('["filplus", "two"]', "batch")]
        checks = connection.execute("select run_id, check_name from asset_check_executions")
        assert sorted(checks.fetchall()) == [("batch", "check"), ("single", "check")]


def test_the_instance_of_the_product_stores_events_so(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, BatchedEventLogStorage)
