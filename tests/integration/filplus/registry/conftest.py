"""A warehouse, a simulated GitHub, and landings of both the way the assets do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.registry import assets as registry_assets
from cdp_assets.filplus.registry.assets import Landed
from cdp_assets.filplus.registry.landing import ARCHIVE, REGISTRY, Folder
from cdp_assets.settings import publish_environment
from resources.postgres.warehouse import Warehouse
from simulator.github.contents import GitHub
from simulator.server.http_server import SimulatorServer
from simulator.server.journal import Journal

AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKEN = "canary-token-0123456789"


@dataclass
class Registries:
    """One warehouse that lands from one simulated GitHub."""

    simulator: SimulatorServer
    warehouse: Warehouse

    @property
    def github(self) -> GitHub:
        """The simulated GitHub."""
        return self.simulator.world.github

    @property
    def journal(self) -> Journal:
        """What was asked of it."""
        return self.simulator.world.journal

    def land(self, folder: Folder = REGISTRY) -> Landed:
        """Land the registry or its archive and publish it, as its asset does."""
        return self._run(folder.table, ("raw_dmob/verifier",), registry_assets.land_folder(folder))

    def land_archive(self) -> Landed:
        """Land the archive."""
        return self.land(ARCHIVE)

    def land_bookkeeping(self) -> Landed:
        """Land the bookkeeping of the registry's allocators."""
        return self._run(
            "allocator_client_bookkeeping",
            ("filplus/allocator_registry", "raw_dmob/verified_client"),
            registry_assets.land_bookkeeping,
        )

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the warehouse."""
        with self.warehouse.connect() as connection:
            return connection.execute(query, values).fetchall()

    def issues(self, table: str) -> set[tuple[str, str, str]]:
        """Return location (without the repository), reason and effect of a table's issues."""
        found = self.rows(
            "select location, reason, effect from ops.registry_issues where asset_key = %s",
            f"filplus/{table}",
        )
        return {(where.split("/", 2)[-1], reason, effect) for where, reason, effect in found}

    def write_verifiers(self, rows: Sequence[tuple[str, str]]) -> None:
        """Let the landed source hold these allocators: id and address."""
        with self.warehouse.connect(autocommit=True) as connection:
            connection.cursor().executemany(
                "insert into raw_dmob.verifier (id, address_id, address, _sync_version) "
                "select coalesce(max(id), 0) + 1, %s, %s, 1 from raw_dmob.verifier",
                rows,
            )

    def write_clients(self, rows: Sequence[tuple[str, str]]) -> None:
        """Let the landed source hold these clients: id and address."""
        with self.warehouse.connect(autocommit=True) as connection:
            connection.cursor().executemany(
                "insert into raw_dmob.verified_client (id, address_id, address, _sync_version) "
                "select coalesce(max(id), 0) + 1, %s, %s, 1 from raw_dmob.verified_client",
                rows,
            )

    def _run(self, table: str, inputs: tuple[str, ...], land: registry_assets.Land) -> Landed:
        run = DirectRun("a-run")
        return registry_assets.land_table(run, self.warehouse, table, inputs, land)[1]


@pytest.fixture(scope="session")
def one_simulator() -> Iterator[SimulatorServer]:
    """The simulator of the session, on a free port."""
    with SimulatorServer(seed=11, as_of=AS_OF) as running:
        yield running


def settings_for(simulator: SimulatorServer) -> dict[str, str]:
    """Return the variables of a landing from a simulator, without waits."""
    return {
        "CDP_GITHUB_API_URL": f"{simulator.url}/github",
        "CDP_GITHUB_TOKEN": TOKEN,
        "CDP_GITHUB_REQUESTS_PER_SECOND": "100000",
        "CDP_HTTP_BACKOFF_SECONDS": "0",
        "CDP_HTTP_TRIES": "2",
        "CDP_AS_OF": AS_OF.isoformat(),
    }


@pytest.fixture
def registries(one_simulator: SimulatorServer, warehouse_dsn: str) -> Registries:
    """An empty warehouse and a GitHub that holds nothing yet."""
    world = one_simulator.world
    world.faults.rules.clear()
    world.journal.clear()
    world.github.forget()
    publish_environment(settings_for(one_simulator))
    return Registries(one_simulator, Warehouse(url=warehouse_dsn))
