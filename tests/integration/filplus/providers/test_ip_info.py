"""Locations of providers: twenty an hour, older than a week; history stays, failures leave none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from cdp_assets.filplus.providers.ip_info.assets import IP_INFO, provider_ip_info
from cdp_assets.filplus.providers.lotus.assets import lotus_miner_info
from cdp_assets.settings import publish_environment
from simulator.providers.peers import Peer, peer_id
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import NOW, TODAY, Station, checks_of, failure_of

pytestmark = pytest.mark.integration
PEER_ID = peer_id("peer")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KIEV = {
    "loc": "50.45,30.52",
    "country": "UA",
    "region": "Kyiv City",
    "city": "Kyiv",
    "org": "AS64501 Kyiv",
    "postal": "01001",
    "timezone": "Europe/Kyiv",
}


def peer(*addresses: str) -> Peer:
    return Peer(PEER_ID, "", tuple(f"/ip4/{a}/tcp/24001" for a in addresses))


def begin(station: Station, providers: Sequence[str]) -> None:
    """Let providers have deals, and look their addresses up."""
    station.know(providers)
    for provider in providers:
        station.rows(
            "insert into filplus.providers_weekly (week, provider, num_of_clients, "
            "biggest_client_total_deal_size, total_deal_size) values (%s, %s, 1, 1, 1)",
            "2026-02-23",
            provider,
        )
    assert station.run(lotus_miner_info, TODAY).success


def rows(station: Station) -> list[tuple[Any, ...]]:
    return station.rows(
        "select provider, date::text, lat, long, country, region, city, ip, org, postal, timezone "
        "from filplus.provider_ip_info order by 1, 2"
    )


def failed(station: Station) -> list[tuple[Any, ...]]:
    return station.rows(
        "select entity, reason from ops.failed_entities where asset_key = %s order by 1", IP_INFO
    )


def test_the_first_address_that_is_no_bogon_counts_and_none_is_a_row_of_nulls(
    station: Station,
) -> None:
    station.simulator.world.ipinfo.places["45.1.1.1"] = KIEV
    station.simulator.world.peers.fixed |= {
        "f01": peer("10.0.0.7", "45.1.1.1", "45.1.1.2"),
        "f02": peer("10.0.0.7"),
        "f03": Peer(PEER_ID, "", ()),
        "f04": Peer(PEER_ID, "", ("/dns4/localhost/tcp/1", "/ip4/45.1.1.1/tcp/1")),
    }
    begin(station, ["f01", "f02", "f03", "f04"])
    made = station.run(provider_ip_info)
    assert made.success
    at = f"{TODAY} 12:00:00"
    there = (
        "50.45",
        "30.52",
        "UA",
        "Kyiv City",
        "Kyiv",
        "45.1.1.1",
        "AS64501 Kyiv",
        "01001",
        "Europe/Kyiv",
    )
    assert rows(station) == [
        ("f01", at, *there),
        ("f02", at, *(None,) * 9),
        ("f03", at, *(None,) * 9),
        ("f04", at, *there),
    ]
    assert checks_of(made)["stale_provider_lookups_complete"][0]
    station.simulator.world.journal.clear()
    station.at(NOW + 7 * DAY)
    assert station.run(provider_ip_info).success
    assert len(rows(station)) == 4  # exactly a week is not older than a week
    station.at(NOW + 7 * DAY + HOUR)
    assert station.run(provider_ip_info).success
    assert len(rows(station)) == 8  # history stays


def test_an_hour_looks_up_twenty_the_unknown_first_then_the_oldest(station: Station) -> None:
    providers = [f"f0{n}" for n in range(1000, 1045)]
    for provider in providers:
        station.simulator.world.peers.fixed[provider] = peer("45.1.1.1")
    begin(station, providers)
    station.rows(
        "insert into filplus.provider_ip_info (provider, date) "
        "values ('f01000', %s), ('f01001', %s), ('f01002', %s)",
        NOW - 9 * DAY,
        NOW - 8 * DAY,
        NOW - DAY,
    )
    seen = []
    for hour in range(4):
        station.at(NOW + hour * HOUR)
        before = {row[:2] for row in rows(station)}
        assert station.run(provider_ip_info).success
        seen.append(sorted({row[0] for row in rows(station) if row[:2] not in before}))
    assert [len(hour) for hour in seen] == [20, 20, 4, 0]
    assert seen[0] == providers[3:23]
    assert seen[2] == [*providers[:2], *providers[43:]]


def test_a_service_that_is_down_adds_no_row_and_the_next_run_mends_it(station: Station) -> None:
    station.simulator.world.peers.fixed |= {"f01": peer("45.1.1.1"), "f02": peer("45.1.1.2")}
    begin(station, ["f01", "f02"])
    assert station.run(provider_ip_info).success
    before = rows(station)
    station.at(NOW + 8 * DAY)
    station.simulator.world.faults.rules[:] = [FaultRule("status", path="/ipinfo/", status=503)]
    failure = failure_of(station.run(provider_ip_info))
    assert "returned 503" in failure["cause"]
    assert rows(station) == before
    station.simulator.world.faults.rules[:] = [
        FaultRule("status", path="/ipinfo/45.1.1.1", status=503)
    ]
    made = station.run(provider_ip_info)
    assert made.success
    assert len(rows(station)) == 3
    assert failed(station) == [("f01", "returned 503")]
    assert checks_of(made)["stale_provider_lookups_complete"] == (
        False,
        "1 of 2 could not be stored, or only in part; the rest is.",
    )
    station.simulator.world.faults.rules.clear()
    assert station.run(provider_ip_info).success
    assert len(rows(station)) == 4
    assert failed(station) == []


def test_a_service_that_moved_away_overwrites_no_location(station: Station) -> None:
    station.simulator.world.peers.fixed |= {"f01": peer("45.1.1.1"), "f02": peer("45.1.1.2")}
    begin(station, ["f01", "f02"])
    assert station.run(provider_ip_info).success
    before = rows(station)
    station.at(NOW + 8 * DAY)
    publish_environment({"CDP_IPINFO_URL": f"{station.simulator.url}/moved"})
    failure = failure_of(station.run(provider_ip_info))
    assert "returned 404" in failure["cause"]
    assert rows(station) == before


def test_a_refused_token_is_a_failure_and_stands_nowhere(station: Station) -> None:
    station.simulator.world.peers.fixed["f01"] = peer("45.1.1.1")
    begin(station, ["f01"])
    station.simulator.world.faults.rules[:] = [
        FaultRule("status", path="/ipinfo/", status=403, message="planted-token-of-the-test")
    ]
    failure = failure_of(station.run(provider_ip_info))
    assert "returned 403" in failure["cause"]
    assert rows(station) == []
    told = [*failure.values(), str(station.rows("select * from ops.runs"))]
    told.append(str(station.rows("select * from ops.source_health")))
    assert not any("planted-token" in text for text in told)


def test_an_unknown_provider_waits_for_its_addresses(station: Station) -> None:
    begin(station, ["f01"])
    station.rows("delete from raw_lotus.miner_info")
    publish_environment({"CDP_IPINFO_URL": ""})
    assert station.run(provider_ip_info).success  # nothing is due: nobody need be asked
    assert rows(station) == []


def test_a_service_that_is_not_named_is_a_plain_sentence(station: Station) -> None:
    station.simulator.world.peers.fixed["f01"] = peer("45.1.1.1")
    begin(station, ["f01"])
    publish_environment({"CDP_IPINFO_URL": ""})
    assert failure_of(station.run(provider_ip_info))["key"] == "CDP_IPINFO_URL"
