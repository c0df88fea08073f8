"""Clients opened from registry and settings, and where their health goes."""

from __future__ import annotations

import pytest

from cdp_assets.clock import wall_clock
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import publish_environment
from cdp_assets.validators.ingestion.sources import ChainSources
from resources.http.source_health_recorder import SourceHealthRecorder
from resources.postgres.ops_status import SourceHealth
from resources.postgres.warehouse import Warehouse
from tests.integration.validators.conftest import Station


def health(*, ok: bool = True, latency: float = 0.1, breaker: str = "closed") -> SourceHealth:
    return SourceHealth("p", ok, latency, wall_clock(), breaker, None, None, None if ok else "x")


def test_a_provider_without_an_address_is_named_by_its_variable(station: Station) -> None:
    provider = station.registry.providers_for("solana-mainnet", "FEES", 0)[0]
    station.configure(CDP_SOLANA_RPC_URL="")
    assert not ChainSources().is_configured(provider)
    with (
        pytest.raises(BadConfiguration, match="CDP_SOLANA_RPC_URL"),
        ChainSources().open(provider, station.warehouse),
    ):
        pass
    unknown = provider.model_copy(update={"address_variable": "CDP_NO_SUCH_URL"})
    assert not ChainSources().is_configured(unknown)


def test_steps_of_a_run_share_breaker_and_pace(station: Station) -> None:
    provider = station.registry.providers_for("solana-mainnet", "FEES", 0)[0]
    sources = ChainSources(tries=1)
    with sources.open(provider, station.warehouse) as first:
        breaker = first.clients.http.breaker
    with sources.open(provider, station.warehouse) as second:
        assert second.clients.http.breaker is breaker
        assert second.clients.http.policy.tries == 1
    with ChainSources().open(provider, station.warehouse) as other_run:
        assert other_run.clients.http.breaker is not breaker


def test_tries_and_back_off_come_from_the_settings(station: Station) -> None:
    provider = station.registry.providers_for("solana-mainnet", "FEES", 0)[0]
    publish_environment({"CDP_HTTP_TRIES": "4", "CDP_HTTP_BACKOFF_CAP_SECONDS": "9"})
    with ChainSources().open(provider, station.warehouse) as node:
        policy = node.clients.http.policy
    assert (policy.tries, policy.backoff_cap_seconds) == (4, 9.0)


def test_an_unchanged_health_is_written_every_few_seconds_and_a_change_at_once(dsn: str) -> None:
    seconds = [0.0]
    warehouse = Warehouse(url=dsn)

    def written() -> tuple[object, ...]:
        with warehouse.connect(autocommit=True) as connection:
            row = connection.execute(
                "select ok, latency_seconds::float, breaker, consecutive_failures "
                "from ops.source_health"
            ).fetchone()
        assert row is not None
        return tuple(row)

    with SourceHealthRecorder(warehouse, monotonic=lambda: seconds[0]) as sink:
        sink(health(latency=0.1))
        sink(health(latency=0.2))
        assert written() == (True, 0.1, "closed", 0)
        seconds[0] = 10.0
        sink(health(latency=0.3))
        assert written() == (True, 0.3, "closed", 0)
        sink(health(ok=False))
        sink(health(ok=False, breaker="open"))
        assert written() == (False, 0.1, "open", 2)
        sink(health(latency=0.4))
        assert written() == (True, 0.4, "closed", 0)
        sink(health(latency=0.5))
    assert written() == (True, 0.5, "closed", 0)
