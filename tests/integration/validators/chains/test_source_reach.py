"""`cdp doctor --sources`: each configured address gets one request; the cause is named."""

from __future__ import annotations

import pytest

from cdp_assets.validators.chains.adapters import registered_adapters
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.verification.source_reach import Reach, probe_sources
from simulator.server.faults import FaultRule
from tests.integration.validators.conftest import Station

pytestmark = pytest.mark.integration


def probed(station: Station) -> dict[str, Reach]:
    """Return the results by provider."""
    found = probe_sources(load_registry(), station.sources, station.warehouse)
    return {reach.provider: reach for reach in found}


def test_a_source_that_responds_is_good_and_one_without_address_is_left_out(
    station: Station,
) -> None:
    station.configure(CDP_JITO_KOBE_URL=f"{station.node.url}/kobe/api/v1")
    station.node.world.journal.clear()
    found = probed(station)
    node, relay = found["solana_rpc"], found["mev_relay"]
    assert node.cause is None
    assert node.milliseconds is not None
    assert (relay.is_good, relay.milliseconds) == (True, None)
    assert relay.line().endswith("mev_relay: skipped, CDP_MEV_RELAY_URLS is not set")
    assert station.node.world.journal.as_json()["rpc"] == {"getEpochInfo": 1}


def test_a_source_that_refuses_or_is_down_is_bad_with_its_cause(station: Station) -> None:
    station.node.world.faults.rules.append(FaultRule("status", status=403))
    assert "403" in (probed(station)["solana_rpc"].cause or "")
    station.configure(CDP_SOLANA_RPC_URL="http://127.0.0.1:9/solana")
    found = probed(station)["solana_rpc"]
    assert not found.is_good
    assert found.cause


def test_every_adapter_has_a_probe_of_each_of_its_addresses() -> None:
    for name, adapter in registered_adapters().items():
        if adapter.__module__.startswith("cdp_assets."):
            assert "" in adapter.probes, name
    for provider in load_registry().providers:
        wanted = {"", *provider.further_addresses}
        assert wanted <= provider.adapter_class.probes.keys(), provider.name
