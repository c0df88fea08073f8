"""The three assets through Dagster, over a simulated source database and its repositories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from cdp_assets.filplus.dmob.assets import dmob_sync
from cdp_assets.filplus.registry.assets import build_registry_assets
from cdp_assets.settings import publish_environment
from resources.postgres.warehouse import Warehouse
from simulator.dmob.database import create_dmob
from simulator.dmob.scale import DmobScale
from simulator.server.http_server import SimulatorServer
from tests.integration.filplus.registry.conftest import AS_OF, settings_for

SCALE = DmobScale(
    deals=2_000,
    clients=60,
    providers=45,
    allocators=12,
    start=AS_OF - timedelta(days=14),
    end=AS_OF,
    seed=20,
)
TABLES = (
    "allocator_registry",
    "allocator_registry_archive",
    "allocator_client_bookkeeping",
)


@pytest.fixture
def world(empty_dsn: str, warehouse_dsn: str) -> Iterator[Warehouse]:
    """A warehouse, a simulated source and its GitHub; the settings name both."""
    with psycopg.connect(empty_dsn) as connection:
        create_dmob(connection, SCALE)
    with SimulatorServer(seed=20, as_of=AS_OF, dmob=empty_dsn) as simulator:
        publish_environment({**settings_for(simulator), "DMOB_DATABASE_URL": empty_dsn})
        yield Warehouse(url=warehouse_dsn)


def _materialize(warehouse: Warehouse) -> dg.ExecuteInProcessResult:
    assets = [dmob_sync, *build_registry_assets()]
    return dg.materialize(assets, resources={"warehouse": warehouse}, raise_on_error=False)


def test_the_simulated_registries_land_after_the_source(world: Warehouse) -> None:
    result = _materialize(world)
    assert result.success
    with world.connect() as connection:
        counts = {
            table: connection.execute(f"select count(*) from filplus.{table}").fetchone()
            for table in TABLES
        }
        versions = dict(
            connection.execute(
                "select asset_key, version from ops.asset_version where asset_key like 'filplus/%'"
            ).fetchall()
        )
        inputs = connection.execute(
            "select input_versions from ops.asset_partition_status "
            "where asset_key = 'filplus/allocator_client_bookkeeping'"
        ).fetchone()
    assert all(count is not None and count[0] > 4 for count in counts.values())
    assert versions == {f"filplus/{table}": 1 for table in TABLES}
    assert inputs == ({"filplus/allocator_registry": 1, "raw_dmob/verified_client": 1},)


def test_checks_warn_with_counts_and_never_fail_the_run(world: Warehouse) -> None:
    result = _materialize(world)
    found = {(e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()}
    rows = found["allocator_registry", "files_have_rows"]
    assert not rows.passed
    assert rows.severity is dg.AssetCheckSeverity.WARN
    assert rows.metadata["by_reason"].value == {"no_allocator_id": 1, "not_an_object": 1}
    applications = found["allocator_client_bookkeeping", "files_have_rows"]
    assert "no_client" in applications.metadata["by_reason"].value
    names = ("files_have_rows", "every_value_is_readable")
    assert set(found) >= {(table, name) for table in TABLES for name in names}


def test_a_run_without_a_named_github_says_what_to_set(world: Warehouse, tmp_path: Path) -> None:
    publish_environment({"CDP_GITHUB_API_URL": ""})
    result = dg.materialize(
        [build_registry_assets()[0], dg.AssetSpec(["raw_dmob", "verifier"])],
        resources={"warehouse": world},
        raise_on_error=False,
    )
    assert not result.success
    failure = result.failure_data_for_node("filplus__allocator_registry")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert "CDP_GITHUB_API_URL" in (failure.user_failure_data.description or "")
    with world.connect() as connection:
        outcome = connection.execute("select outcome, error_code from ops.runs").fetchall()
    assert outcome == [("FAILED", "BadConfiguration")]
