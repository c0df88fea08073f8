"""Kill -9 in the middle of `cdp refresh`, then the same again: equal tables, nothing waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.planning.planner import Refresher
from cdp_assets.filplus.dmob.sync_plan import DmobSyncPlan
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.filplus.command import command, waiting_sessions
from tests.integration.filplus.deals.test_worked_example import RATES
from tests.integration.filplus.pipeline import DEAL_TABLES, Pipeline
from tests.integration.filplus.reference import stored

pytestmark = pytest.mark.integration

MONDAY = datetime(2024, 3, 11, tzinfo=UTC)
NOW = MONDAY + timedelta(hours=4)
REFRESH = (
    "refresh",
    "--select",
    f"group:filplus_sources and {DEAL_TABLES}",
    "--select",
    "group:filplus_hourly",
    "--select",
    f"group:filplus_daily and {DEAL_TABLES}",
    "--select",
    f"group:filplus_weekly and {DEAL_TABLES}",
)
LAND = ("refresh", "--select", 'key:"raw_dmob/*"')
# The source hands out rows until somebody closes the gate; then a COPY stands still in the middle.
GATE = """
create function is_open() returns boolean language sql volatile
    as 'select pg_advisory_xact_lock_shared(4711) is not null';
alter table unified_verified_deal rename to stored_deal;
create view unified_verified_deal as
    select * from (select * from stored_deal order by id offset 0) d where id = 1 or is_open();
"""
LATE_AND_CHANGED = """
insert into unified_verified_deal ("clientId", "providerId", "pieceCid", "pieceSize", "termStart")
values ('100', '201', 'A', 8, 3706921), ('101', '202', 'C', 4, 3706925);
update unified_verified_deal set "pieceSize" = 16 where "termStart" = 3706920;
"""


@pytest.fixture
def second_dsn(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of another fresh warehouse, for the rebuild."""
    yield from fresh_database(server, ready_template)


def test_killed_in_dbt_and_between_hour_and_week_the_same_command_ends_in_equal_tables(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    worked_example: Pipeline,
    second_dsn: str,
    nobody_known: str,
) -> None:
    pipeline = worked_example
    pipeline.keep_rates(RATES)
    pipeline.at(MONDAY).sync()
    pipeline.refresh(definitions)
    with psycopg.connect(pipeline.dmob) as source:
        source.execute(LATE_AND_CHANGED)
    pipeline.at(NOW)
    publish_environment({"DMOB_DATABASE_URL": pipeline.dmob})

    with psycopg.connect(pipeline.warehouse.url) as blocker, command(*REFRESH) as process:
        blocker.execute("lock table filplus.client_claims_hourly in share mode")
        process.wait_until(lambda: waiting_sessions(blocker, "relation") == 1)
        process.kill()
    first_hours = pipeline.rows("unified_verified_deal_hourly")
    assert (stored(2024, 3, 4, 1), "f0101", "f0202", 1, 1, 4, 4) in first_hours
    assert pipeline.rows("client_claims_hourly")[-1][0] < stored(2024, 3, 11)

    with psycopg.connect(pipeline.warehouse.url, autocommit=True) as blocker:
        blocker.execute(
            "select pg_advisory_lock(hashtextextended("
            "'cdp table intermediate/client_provider_piece_weekly', 0))"
        )
        with command(*REFRESH) as process:
            process.wait_until(lambda: waiting_sessions(blocker, "advisory") == 1)
            process.kill()
    assert pipeline.rows("client_claims_hourly")[-1][0] > stored(2024, 3, 11)
    assert pipeline.rows("client_provider_distribution_weekly")[-1][0] < stored(2024, 3, 11)

    refresher = Refresher(definitions, instance, pipeline.warehouse, as_of=NOW, user="ann")
    chosen = refresher.select([DEAL_TABLES])
    synced = refresher.run_plan(DmobSyncPlan(), chosen)
    outcomes = [*synced.runs, *refresher.refresh(chosen).runs]
    assert [run.error for run in outcomes if run.error] == []
    rebuilt = Pipeline.over(pipeline.dmob, second_dsn)
    rebuilt.keep_rates(RATES)
    rebuilt.sync()
    rebuilt.refresh(definitions)
    assert pipeline.content() == rebuilt.content()
    _assert_only_the_killed_run_is_abandoned(pipeline)


def test_killed_three_times_in_the_copy_of_a_landing_the_same_command_just_works(
    instance: dg.DagsterInstance, worked_example: Pipeline, second_dsn: str
) -> None:
    pipeline = worked_example.at(NOW)
    publish_environment({"DMOB_DATABASE_URL": pipeline.dmob})
    with psycopg.connect(pipeline.dmob) as source:
        source.execute(GATE)
    with (
        psycopg.connect(pipeline.dmob, autocommit=True) as gate,
        psycopg.connect(pipeline.warehouse.url, autocommit=True) as observer,
    ):
        gate.execute("select pg_advisory_lock(4711)")
        for _ in range(3):
            with command(*LAND) as process:
                process.wait_until(lambda: waiting_sessions(gate, "advisory") == 1)
                process.wait_until(lambda: _copies(observer) == 1)
                process.kill()
            gate.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where wait_event = 'advisory' and datname = current_database()"
            )
            _wait_for_the_end_of_its_sessions(gate, observer)
    with command(*LAND) as process:
        assert process.process.wait(240) == 0, process.said()
        assert "of processes that are gone: marked as failed" in process.said()
        assert "waiting for" not in process.said()
    undisturbed = Pipeline.over(pipeline.dmob, second_dsn)
    undisturbed.sync()
    assert pipeline.content() == undisturbed.content()
    ends = [run.status.value for run in instance.get_runs()]
    assert sorted(ends) == ["FAILURE", "FAILURE", "FAILURE", "SUCCESS"]
    with pipeline.warehouse.connect() as connection:
        outcomes = connection.execute(
            "select outcome, count(distinct run_id), count(distinct asset_key) "
            "from ops.runs group by 1 order by 1"
        ).fetchall()
    assert outcomes == [("ABANDONED", 3, 8), ("SUCCESS", 1, 8)]


def _wait_for_the_end_of_its_sessions(
    gate: psycopg.Connection, observer: psycopg.Connection
) -> None:
    """Wait until the next process cannot be taken for the one that was killed."""
    deadline = time.monotonic() + 60
    while waiting_sessions(gate, "advisory") or _copies(observer):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _copies(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from pg_stat_progress_copy").fetchone()
    assert row is not None
    return int(row[0])


def _assert_only_the_killed_run_is_abandoned(pipeline: Pipeline) -> None:
    with pipeline.warehouse.connect() as connection:
        outcomes = connection.execute(
            "select asset_key, array_agg(outcome order by started_at) from ops.runs "
            "where asset_key like 'filplus/%hourly' or asset_key like '%weekly' group by 1"
        ).fetchall()
        running = connection.execute("select 1 from ops.runs where outcome = 'RUNNING'").fetchall()
    by_key = dict(outcomes)
    assert by_key["filplus/client_claims_hourly"] == ["ABANDONED", "SUCCESS", "SUCCESS"]
    assert by_key["filplus/unified_verified_deal_hourly"] == ["ABANDONED", "SUCCESS", "SUCCESS"]
    assert by_key["filplus/client_provider_distribution_weekly"] == ["SUCCESS"]
    assert running == []
