"""A warehouse with a few providers, a simulator that the settings name, and runs of one asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from cdp_assets.core.dagster_compat import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from cdp_assets.settings import publish_environment
from resources.postgres.warehouse import Warehouse
from simulator.providers.ipni import IpniNetwork
from simulator.server.http_server import SimulatorServer

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY, TOMORROW = "2026-03-02", "2026-03-03"


@dataclass
class Station:
    """One warehouse and one simulated world."""

    warehouse: Warehouse
    simulator: SimulatorServer
    instance: dg.DagsterInstance

    def at(self, instant: datetime) -> None:
        """Put both clocks on an instant."""
        publish_environment({"CDP_AS_OF": instant.isoformat()})
        self.simulator.world.clock.set(instant)

    def know(self, providers: Sequence[str]) -> None:
        """Let the source list these providers and no other."""
        with self.warehouse.connect() as connection:
            connection.execute("delete from raw_dmob.unique_providers")
            for provider in providers:
                connection.execute(
                    "insert into raw_dmob.unique_providers values (%s, 1)",
                    [provider.removeprefix("f0")],
                )

    def run(
        self, asset: dg.AssetsDefinition, first: str = "", last: str = "", **resources: Any
    ) -> dg.ExecuteInProcessResult:
        """Materialize an asset, for a range of days when one is given."""
        start, end = ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG
        tags = {start: first, end: last or first} if first else {}
        return dg.materialize(
            [asset],
            resources={"warehouse": self.warehouse, **resources},
            instance=self.instance,
            tags=tags,
            raise_on_error=False,
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query, or run a statement."""
        with self.warehouse.connect() as connection:
            answer = connection.execute(query, parameters or None)
            return answer.fetchall() if answer.description else []


def checks_of(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str]]:
    """Return outcome and description of every check of a run."""
    return {
        e.check_name: (e.passed, e.description or "") for e in result.get_asset_check_evaluations()
    }


def failure_of(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return what the failed run shows to people."""
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    return {name: str(value.value) for name, value in data.metadata.items()}


@pytest.fixture
def network(station: Station) -> IpniNetwork:
    """A network in which nobody has published."""
    station.simulator.world.ipni.clear()
    return station.simulator.world.ipni


@pytest.fixture(autouse=True)
def _runs_try_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)


@pytest.fixture(scope="session")
def one_instance() -> Iterator[dg.DagsterInstance]:
    """An instance in memory: making one takes as long as a run without it."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def station(warehouse: Warehouse, one_instance: dg.DagsterInstance) -> Iterator[Station]:
    """A warehouse and a world at noon; calls try twice without waiting."""
    with SimulatorServer(seed=11, as_of=NOW) as simulator:
        publish_environment(
            {
                "DATABASE_URL": warehouse.url,
                "CDP_URL_FINDER_API_URL": f"{simulator.url}/url-finder",
                "CDP_LOTUS_RPC_URL": f"{simulator.url}/lotus/v1",
                "CDP_CID_CONTACT_URL": f"{simulator.url}/cid-contact",
                "CDP_IPINFO_URL": f"{simulator.url}/ipinfo",
                "CDP_IPINFO_TOKEN": "planted-token-of-the-test",
                "CDP_FILSCAN_API_URL": f"{simulator.url}/filscan",
                "CDP_FILSPARK_API_URL": f"{simulator.url}/filspark",
                "CDP_HTTP_BACKOFF_SECONDS": "0",
                "CDP_HTTP_TRIES": "2",
                "CDP_SOURCE_REQUESTS_PER_SECOND": "10000",
            }
        )
        one_instance.wipe()
        there = Station(warehouse, simulator, one_instance)
        there.at(NOW)
        yield there
