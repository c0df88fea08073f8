"""SIGINT and SIGTERM in the middle of `cdp refresh`: run and command end as interrupted."""

from __future__ import annotations

import signal

import dagster as dg
import psycopg
import pytest
from dagster import DagsterEventType

from cdp_assets.settings import publish_environment
from tests.integration.filplus.command import command, waiting_sessions
from tests.integration.filplus.deals.test_worked_example import RATES
from tests.integration.filplus.pipeline import Pipeline
from tests.integration.filplus.test_interruption import GATE, LAND, LATE_AND_CHANGED, NOW, REFRESH

pytestmark = pytest.mark.integration

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
TABLE = "client_claims_hourly"
# Whoever writes the table sleeps for longer than anybody waits for this test.
SLOW = f"""
create function public.sleep() returns trigger language plpgsql
    as $$ begin perform pg_sleep(3600); return null; end $$;
create trigger slow before insert on filplus.{TABLE} for each statement execute function sleep();
"""
ASLEEP = (
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and wait_event = 'PgSleep'"
)
ADVISORY = (
    "select count(*) from pg_locks l join pg_database d on d.oid = l.database "
    "where l.locktype = 'advisory' and d.datname = current_database()"
)


@SIGNALS
def test_a_signal_within_dbt_ends_model_run_and_command_and_leaves_the_table(
    number: signal.Signals,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    worked_example: Pipeline,
    nobody_known: str,
) -> None:
    pipeline = worked_example
    pipeline.keep_rates(RATES)
    pipeline.at(NOW).sync()
    pipeline.refresh(definitions)
    with psycopg.connect(pipeline.dmob) as source:
        source.execute(LATE_AND_CHANGED)
    publish_environment({"DMOB_DATABASE_URL": pipeline.dmob})
    before = pipeline.rows(TABLE)
    known = set(instance.get_run_ids())

    with (
        psycopg.connect(pipeline.warehouse.url, autocommit=True) as observer,
        command(*REFRESH) as refresh,
    ):
        observer.execute(SLOW)
        refresh.wait_until(lambda: _count(observer, ASLEEP) == 1)
        refresh.process.send_signal(number)
        refresh.process.wait(60)
        said = refresh.said()
        assert _count(observer, ASLEEP) == 0
        assert _count(observer, ADVISORY) == 0
        outcomes = observer.execute(
            "select outcome, error_code, error_message from ops.runs where asset_key = %s "
            "order by started_at desc limit 1",
            [f"filplus/{TABLE}"],
        ).fetchone()
    who = "you" if number == signal.SIGINT else "SIGTERM"
    assert refresh.process.returncode == 128 + number, said
    assert f"cdp: stopped by {who}; what this command started" in said
    assert "dbt could not run" not in said
    assert outcomes is not None
    assert outcomes[:2] == ("FAILED", "KeyboardInterrupt")
    assert outcomes[2].startswith(f"interrupted: {number.name} came while dbt built tables")
    last, *_ = [run for run in instance.get_runs() if run.run_id not in known]
    assert last.status is dg.DagsterRunStatus.FAILURE
    (failure,) = instance.all_logs(last.run_id, of_type=DagsterEventType.RUN_FAILURE)
    assert "Execution was interrupted" in failure.message
    assert pipeline.rows(TABLE) == before


@SIGNALS
def test_a_signal_within_a_landing_is_not_a_failure_to_be_tried_again(
    number: signal.Signals, instance: dg.DagsterInstance, worked_example: Pipeline
) -> None:
    pipeline = worked_example.at(NOW)
    publish_environment({"DMOB_DATABASE_URL": pipeline.dmob})
    with psycopg.connect(pipeline.dmob) as source:
        source.execute(GATE)
    with psycopg.connect(pipeline.dmob, autocommit=True) as gate:
        gate.execute("select pg_advisory_lock(4711)")
        with command(*LAND) as landing:
            landing.wait_until(lambda: waiting_sessions(gate, "advisory") == 1)
            landing.process.send_signal(number)
            landing.process.wait(60)
            said = landing.said()
    assert landing.process.returncode == 128 + number, said
    (run,) = instance.get_runs()
    assert run.status is dg.DagsterRunStatus.FAILURE
    kinds = {event.dagster_event_type for event in instance.all_logs(run.run_id)}
    assert DagsterEventType.STEP_UP_FOR_RETRY not in kinds
    assert DagsterEventType.STEP_RESTARTED not in kinds


def _count(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])
