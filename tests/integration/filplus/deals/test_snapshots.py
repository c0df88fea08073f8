"""Unpartitioned tables: rows that differ are replaced, the version moves only with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import SNAPSHOTS
from cdp_assets import clock
from cdp_assets.core.planning.planner import Refresher, stale_counts
from cdp_assets.filplus.deals import client_provider_totals_asset
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from simulator.dmob.worked_example import NOW, load_worked_example
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database, leave_database
from tests.integration.conftest import environment
from tests.integration.filplus.pipeline import Pipeline
from tests.integration.filplus.reference import stored

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
NEW_GRANT = (
    'insert into public.verified_client_allowance ("addressId", "verifierAddressId", "height", '
    "\"allowance\") values ('f0102', 'f0300', 3727000, 7)"
)


@pytest.fixture(scope="module")
def templates(
    server: EmbeddedServer, ready_template: str, definitions: dg.Definitions
) -> tuple[str, str]:
    """Names of a source and a warehouse with every table of the worked example made."""
    names = "snapshots_dmob", "snapshots_warehouse"
    create_database(server.dsn("postgres"), names[0])
    create_database(server.dsn("postgres"), names[1], template=ready_template)
    with psycopg.connect(server.dsn(names[0])) as connection:
        load_worked_example(connection)
    with SimulatorServer(seed=1, as_of=NOW) as simulator:
        simulator.world.url_finder.fix([], only=True)
        with environment({"CDP_URL_FINDER_API_URL": f"{simulator.url}/url-finder"}):
            pipeline = Pipeline.over(server.dsn(names[0]), server.dsn(names[1])).at(NOW)
            pipeline.sync()
            pipeline.refresh(definitions)
    for name in names:
        leave_database(server.dsn(name))
    return names


@pytest.fixture
def empty_dsn(server: EmbeddedServer, templates: tuple[str, str]) -> Iterator[str]:
    """Address of the source."""
    yield from fresh_database(server, templates[0])


@pytest.fixture
def ready_dsn(server: EmbeddedServer, templates: tuple[str, str]) -> Iterator[str]:
    """Address of the warehouse."""
    yield from fresh_database(server, templates[1])


@pytest.fixture
def made(empty_dsn: str, ready_dsn: str, nobody_known: str) -> Pipeline:
    """The worked example with every table made."""
    return Pipeline.over(empty_dsn, ready_dsn).at(NOW)


def _status(pipeline: Pipeline, table: str) -> dict[str, Any]:
    with pipeline.warehouse.connect() as connection:
        cursor = connection.execute(
            "select state, row_count, version, as_of, error_code, partition_key "
            "from ops.asset_partition_status where asset_key = %s",
            [f"filplus/{table}"],
        )
        (row,) = cursor.fetchall()
        return dict(zip([c.name for c in cursor.description or ()], row, strict=True))


def _in_source(pipeline: Pipeline, *statements: str) -> None:
    with psycopg.connect(pipeline.dmob, autocommit=True) as source:
        for statement in statements:
            source.execute(statement)


def test_the_same_rows_move_the_clock_and_not_the_version(
    made: Pipeline, definitions: dg.Definitions
) -> None:
    before = {table: _status(made, table) for table in SNAPSHOTS}
    tuples = _tuples(made)
    made.at(NOW + HOUR).refresh(definitions)
    after = {table: _status(made, table) for table in SNAPSHOTS}
    assert {t: s["version"] for t, s in after.items()} == dict.fromkeys(SNAPSHOTS, 1)
    assert {s["as_of"] for s in before.values()} == {NOW}
    assert {s["as_of"] for s in after.values()} == {NOW + HOUR}
    assert {(s["state"], s["partition_key"]) for s in after.values()} == {("MATERIALIZED", "")}
    assert _tuples(made) == tuples


def _tuples(pipeline: Pipeline) -> list[Any]:
    """Where each row stands on disk: a row that was written again stands elsewhere."""
    with pipeline.warehouse.connect() as connection:
        return connection.execute(
            "select id, ctid::text from filplus.client_datacap_allocation order by id"
        ).fetchall()


def test_only_rows_that_differ_are_written(made: Pipeline, definitions: dg.Definitions) -> None:
    stood = dict(_tuples(made))
    _in_source(
        made,
        "update public.verified_client_allowance set allowance = 51 where id = 2",
        "delete from public.verified_client_allowance where id = 3",
        NEW_GRANT,
    )
    made.at(NOW).sync()
    made.refresh(definitions)
    now = dict(_tuples(made))
    assert {key for key in now if stood.get(key) == now[key]} == {1, 4}
    assert set(now) == {1, 2, 4, 6}
    status = _status(made, "client_datacap_allocation")
    assert (status["version"], status["row_count"]) == (2, 4)
    assert _status(made, "provider")["version"] == 1


def test_a_table_is_due_when_an_input_is_newer_or_its_hour_is_over(
    made: Pipeline, definitions: dg.Definitions
) -> None:
    refresher = Refresher(definitions, None, made.warehouse, as_of=clock.now(), user="t")  # type: ignore[arg-type]
    keys = {dg.AssetKey(["filplus", table]) for table in SNAPSHOTS}
    assert _stale(refresher, keys) == {}
    _in_source(made, NEW_GRANT)
    made.sync()
    readers = {"client_datacap_allocation", "old_datacap_balance_nv22"}
    readers |= {"old_datacap_client_balance_nv22"}
    assert _stale(refresher, keys) == {f"filplus/{table}": {"upstream": 1} for table in readers}
    later = Refresher(definitions, None, made.warehouse, as_of=NOW + HOUR, user="t")  # type: ignore[arg-type]
    assert _stale(later, keys) == {f"filplus/{table}": {"open": 1} for table in SNAPSHOTS}


def test_a_run_with_a_failing_check_marks_the_table_and_makes_it_due(
    made: Pipeline, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    with made.warehouse.connect() as connection:
        connection.execute(
            "update filplus.unified_verified_deal_hourly set client = 'nobody' "
            "where provider = 'f0202'"
        )
    keys = [dg.AssetKey(["filplus", name]) for name in ("allocator", "provider_first_client")]
    job = definitions.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, asset_selection=keys, raise_on_error=False)
    assert not result.success
    (broken,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (broken.check_name, broken.metadata["failing_rows"].value) == (
        "first_client_ids_are_actor_ids",
        1,
    )
    status = _status(made, "provider_first_client")
    assert (status["state"], status["error_code"]) == (
        "CHECK_FAILED",
        "check:first_client_ids_are_actor_ids",
    )
    refresher = Refresher(definitions, None, made.warehouse, as_of=NOW, user="t")  # type: ignore[arg-type]
    assert _stale(refresher, set(keys)) == {"filplus/provider_first_client": {"failed": 1}}


def test_a_run_tells_its_rows_without_a_window(
    made: Pipeline, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    keys = [
        dg.AssetKey(["filplus", "provider"]),
        dg.AssetKey(client_provider_totals_asset.ASSET_KEY.split("/")),
    ]
    job = definitions.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, asset_selection=keys)
    by_key = {
        e.asset_key: e.materialization.metadata for e in result.get_asset_materialization_events()
    }
    provider = by_key[keys[0]]
    assert (provider["dagster/row_count"].value, provider["rows_inserted"].value) == (3, 0)
    assert "window_start" not in provider
    assert by_key[keys[1]]["dagster/row_count"].value == 4
    with made.warehouse.connect() as connection:
        runs = connection.execute(
            "select asset_key, outcome, window_start, partitions from ops.runs where run_id = %s "
            "order by 1",
            [result.run_id],
        ).fetchall()
    assert runs == [
        ("filplus/provider", "SUCCESS", None, 1),
        ("intermediate/client_provider_totals", "SUCCESS", None, 1),
    ]


def test_an_old_grant_heals_the_weeks_from_its_own_on_and_no_deal_table(
    made: Pipeline, definitions: dg.Definitions
) -> None:
    deals = _versions(made, "client_provider_distribution_weekly_acc")
    _in_source(
        made,
        "update public.verified_client_allowance set allowance = 70 where id = 4",
    )
    made.sync()
    made.refresh(definitions)
    assert [week.isoformat()[:10] for week in _moved(made)] == ["2024-03-04", "2024-03-11"]
    assert _versions(made, "client_provider_distribution_weekly_acc") == deals
    sums = {row[:3]: row[4] for row in made.rows("client_allocator_distribution_weekly_acc")}
    w2, w3 = stored(2024, 3, 4), stored(2024, 3, 11)
    assert (sums[w2, "f0101", "f0301"], sums[w3, "f0101", "f0301"]) == (70, 70)
    assert (w3, "f0301", 10, 0) in made.rows("old_datacap_balance_weekly")
    assert made.refresh(definitions).runs == []


def test_weeks_of_grants_heal_after_a_kill_between_two_runs(
    made: Pipeline, definitions: dg.Definitions
) -> None:
    _in_source(made, "update public.verified_client_allowance set allowance = 70 where id = 4")
    made.sync()
    first_run = ("client_allocator_distribution_weekly", "client_allocator_distribution_weekly_acc")
    week = datetime(2024, 3, 4, tzinfo=UTC)
    assert all(result.is_good for result in made.build(first_run, week, week + timedelta(days=7)))
    made.refresh(definitions)
    assert [row[4] for row in made.rows(first_run[1]) if row[1:3] == ("f0101", "f0301")] == [70, 70]
    w3 = stored(2024, 3, 11)
    assert [row[2:5] for row in made.rows("allocators_weekly_acc") if row[:2] == (w3, "f0301")] == [
        (1, 70, 70)
    ]
    assert made.refresh(definitions).runs == []


def _versions(pipeline: Pipeline, table: str) -> list[Any]:
    with pipeline.warehouse.connect() as connection:
        return connection.execute(
            "select partition_key, version from ops.asset_partition_status "
            "where asset_key = %s order by 1",
            [f"filplus/{table}"],
        ).fetchall()


def _moved(pipeline: Pipeline) -> list[datetime]:
    """Return the weeks of cumulative grants that were written after the first time."""
    with pipeline.warehouse.connect() as connection:
        rows = connection.execute(
            "select window_start from ops.asset_partition_status where version > 1 "
            "and asset_key = 'filplus/client_allocator_distribution_weekly_acc' order by 1"
        ).fetchall()
    return [row[0].astimezone(UTC) for row in rows]


def test_past_days_of_counts_stay_and_days_missed_since_are_not_observed(
    made: Pipeline, definitions: dg.Definitions
) -> None:
    friday = made.rows("clients_stats_daily")
    _in_source(
        made,
        'insert into public.dc_allocation_claim (id, type, "clientId") '
        "values (1, 'claim', '100')",
    )
    made.at(NOW + timedelta(days=2)).sync()
    made.refresh(definitions)
    days = {row[0].isoformat()[:10]: row[1] for row in made.rows("clients_stats_daily")}
    assert days == {"2024-03-15": 0, "2024-03-17": 1}
    assert friday[0] in made.rows("clients_stats_daily")
    with made.warehouse.connect() as connection:
        states = dict(
            connection.execute(
                "select partition_key, state from ops.asset_partition_status "
                "where asset_key = 'filplus/clients_stats_daily' and partition_key >= '2024-03-14'"
            ).fetchall()
        )
    assert states == {
        "2024-03-15": "MATERIALIZED",
        "2024-03-16": "NOT_OBSERVED",
        "2024-03-17": "MATERIALIZED",
    }


def _stale(refresher: Refresher, chosen: set[dg.AssetKey]) -> dict[str, Counter[str]]:
    return stale_counts(refresher.graph, refresher.warehouse, chosen, refresher.as_of)
