"""Both ways to run dbt, and readers beside writers (U-24, U-43, U-57)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage

from bench.deal_tables import HOURLY, OF_THE_DAY, WEEKLY
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.deals import piece_tables_asset
from cdp_assets.filplus.deals.client_provider_totals_asset import refresh_totals
from resources.dbt_runner import DbtRunner, NodeResult, require_manifest
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.worked_example import NOW
from tests.conftest import fresh_database
from tests.integration.filplus.deals.test_worked_example import EXPECTED, RATES
from tests.integration.filplus.pipeline import MARTS, Pipeline

pytestmark = pytest.mark.integration

WINDOW = {
    "min_date": "2024-02-19 00:00:00",
    "max_date": "2024-03-18 00:00:00",
    "as_of": "2024-03-15 12:00:00",
    "partitions_start": "2024-02-19 00:00:00",
    "accumulate_from": "history",
    "run_id": "both-ways",
}


@pytest.fixture
def second_dsn(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of another fresh warehouse."""
    yield from fresh_database(server, ready_template)


def _build_everything(pipeline: Pipeline, runner: DbtRunner) -> dict[str, NodeResult]:
    """Build all models with all their checks in one call: the windows of all cadences agree."""
    pipeline.keep_rates(RATES)
    pipeline.at(NOW).sync()
    pipeline.land_days(["2024-02-28", "2024-03-02", "2024-03-06", "2024-03-07", "2024-03-12"])
    refresh_totals(DirectRun("both-ways"), pipeline.warehouse)
    nodes = require_manifest()["nodes"].values()
    names = [n["name"] for n in nodes if n["name"] in (*MARTS, *OF_THE_DAY, *WEEKLY)]
    names += [n["name"] for n in nodes if n["resource_type"] == "test"]
    results = runner.build(pipeline.warehouse.address(), names, WINDOW, print)
    piece_tables_asset.refresh_piece_tables(DirectRun("both-ways"), pipeline.warehouse)
    return {result.unique_id: result for result in results}


def test_dbt_in_process_and_by_its_command_line_do_the_same(
    definitions: dg.Definitions, worked_example: Pipeline, second_dsn: str
) -> None:
    by_command = Pipeline.over(worked_example.dmob, second_dsn)
    ours = _build_everything(worked_example, DbtRunner(role="cdp_writer"))
    theirs = _build_everything(by_command, DbtRunner(role="cdp_writer", execution="cli"))
    assert {k: (r.status, r.failures) for k, r in ours.items()} == {
        k: (r.status, r.failures) for k, r in theirs.items()
    }
    assert {r.status for r in ours.values()} == {"success", "pass"}
    assert {mart: worked_example.rows(mart) for mart in EXPECTED} == EXPECTED
    assert by_command.content() == worked_example.content()
    versions = "select asset_key, version from ops.asset_version order by 1"
    with worked_example.warehouse.connect() as one, by_command.warehouse.connect() as other:
        assert one.execute(versions).fetchall() == other.execute(versions).fetchall()


def test_a_call_leaves_nothing_in_the_manifest_of_the_next(ready_dsn: str) -> None:
    """The parsed manifest is loaded once; dbt writes the statement of a call into its nodes."""
    name, other = "unified_verified_deal_hourly", {**WINDOW, "min_date": "2024-03-04 00:00:00"}
    compiled = [
        DbtRunner().compile(ready_dsn, [name], variables, print)[name]
        for variables in (WINDOW, other, WINDOW)
    ]
    assert compiled[0] == compiled[2]
    assert "2024-03-04" in compiled[1]
    assert "2024-03-04" not in compiled[2]


def test_a_readers_open_transaction_delays_no_writer(worked_example: Pipeline) -> None:
    pipeline = worked_example.at(NOW)
    pipeline.sync()
    week = datetime(2024, 3, 4, tzinfo=UTC)
    first = datetime(2024, 2, 19, tzinfo=UTC)
    with psycopg.connect(pipeline.warehouse.url) as reader:
        reader.execute("set role analyst")
        reader.execute("select * from api_v1.unified_verified_deal_hourly")
        reader.execute("select * from api_v1.client_provider_distribution_weekly_acc")
        assert all(r.is_good for r in pipeline.build(HOURLY, first, NOW.replace(hour=13)))
        assert all(r.is_good for r in pipeline.build(WEEKLY, first, week + timedelta(days=14)))
        seen = reader.execute("select * from api_v1.client_claims_hourly").fetchall()
    assert len(seen) == len(EXPECTED["client_claims_hourly"])


def test_an_analysts_session_ends_by_itself(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        row = connection.execute(
            "select rolconfig from pg_roles where rolname = 'analyst'"
        ).fetchone()
    assert row is not None
    assert {
        "default_transaction_read_only=on",
        "statement_timeout=60s",
        "idle_in_transaction_session_timeout=5min",
        "TimeZone=UTC",
    } <= set(row[0])


def test_the_instance_keeps_everything_in_postgres(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
    assert isinstance(instance.run_storage, PostgresRunStorage)
    assert isinstance(instance.schedule_storage, PostgresScheduleStorage)
    assert instance.telemetry_enabled is False
    assert instance.nux_enabled is False
    assert instance.run_monitoring_enabled
