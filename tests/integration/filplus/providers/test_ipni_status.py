"""IPNI status of a provider (compliance §6.7): the rule, its inputs, the day and the present."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from cdp_assets.filplus.providers.ipni.assets import (
    DAILY,
    ipni_advertisements,
    ipni_reporting_daily,
    provider_ipni_reporting,
)
from cdp_assets.filplus.providers.ipni.status import CLAIMS
from cdp_assets.filplus.providers.lotus.assets import lotus_miner_info
from simulator.providers.peers import Peer, peer_id
from tests.integration.filplus.providers.conftest import NOW, TODAY, Station, failure_of

pytestmark = pytest.mark.integration
ONE, TWO, THREE, SIX, SILENT, OLD = (peer_id(number) for number in range(6))

DISTRIBUTION = """
create table if not exists filplus.client_provider_distribution (
    client text not null, provider text not null, total_deal_size bigint not null,
    unique_data_size bigint not null, claims_count bigint, primary key (client, provider)
)
"""


@pytest.fixture
def claims(station: Station) -> Station:
    """Six providers, five with claims, four of them with a peer id; advertisements of three."""
    with psycopg.connect(station.warehouse.url) as owner:
        owner.execute(DISTRIBUTION)
        owner.execute("grant all on filplus.client_provider_distribution to cdp_writer")
    for client, provider, count in (
        ("f07", "f01", 60),
        ("f08", "f01", 40),
        ("f07", "f02", 101),
        ("f07", "f03", 10),
        ("f07", "f04", 10),
        ("f07", "f05", 10),
    ):
        station.rows(
            "insert into filplus.client_provider_distribution (client, provider, total_deal_size, "
            "unique_data_size, claims_count) values (%s, %s, 1, 1, %s)",
            client,
            provider,
            count,
        )
    station.rows("select ops.bump_version(%s, 'test')", CLAIMS)
    world = station.simulator.world
    world.peers.fixed |= {
        "f01": Peer(ONE, "", ()),
        "f02": Peer(OLD, TWO, ()),
        "f03": Peer(THREE, "", ()),
        "f04": Peer(None, "", ()),
        "f05": Peer(SILENT, "", ()),
        "f06": Peer(SIX, "", ()),
    }
    station.know(["f01", "f02", "f03", "f04", "f05", "f06"])
    world.ipni.clear()
    world.ipni.publish(ONE, [[30], [20]])
    world.ipni.publish(TWO, [[50], [900]], removals=[1])
    world.ipni.publish(THREE, [[]])
    world.ipni.publish(SIX, [[1]])
    return station


def observed(station: Station) -> None:
    for asset, day in ((lotus_miner_info, TODAY), (ipni_advertisements, "")):
        assert station.run(asset, day).success


EXPECTED: list[tuple[Any, ...]] = [
    ("f01", "OK", 50, 100, ONE),  # exactly half is enough
    ("f02", "MISREPORTING", 50, 101, TWO),  # a removal does not count; contract's id
    ("f03", "NOT_REPORTING", 0, 10, THREE),  # advertised nothing
    ("f04", "NOT_REPORTING", None, 10, None),
    ("f05", "NOT_REPORTING", None, 10, SILENT),
    ("f06", "OK", 1, None, SIX),  # no claims to compare with
]


def test_every_provider_has_the_status_of_the_rule(claims: Station) -> None:
    observed(claims)
    assert claims.run(provider_ipni_reporting).success
    assert (
        claims.rows(
            "select provider, ipni_reporting_status, ipni_reported_claims_count, claims_count, "
            "peer_id from filplus.provider_ipni_reporting order by 1"
        )
        == EXPECTED
    )
    assert claims.rows("select distinct data_as_of::text from filplus.provider_ipni_reporting") == [
        (f"{TODAY} 12:00:00",)
    ]
    assert claims.run(ipni_reporting_daily, TODAY).success
    assert claims.rows(
        "select date::text, ok, not_reporting, misreporting, total "
        "from filplus.ipni_reporting_daily"
    ) == [(f"{TODAY} 00:00:00", 2, 3, 1, 6)]


BAFZ = "bafzbeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avm"
QM = "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC"


@pytest.mark.parametrize("advertised", [BAFZ, QM])
@pytest.mark.parametrize("peer", [Peer(QM, "", ()), Peer(BAFZ, "", ()), Peer(OLD, BAFZ, ())])
def test_a_peer_id_in_another_form_is_the_same_provider(
    claims: Station, peer: Peer, advertised: str
) -> None:
    claims.simulator.world.peers.fixed["f01"] = peer
    claims.simulator.world.ipni.publish(advertised, [[60], [20]])
    observed(claims)
    assert claims.run(provider_ipni_reporting).success
    assert claims.rows(
        "select ipni_reporting_status, ipni_reported_claims_count, peer_id "
        "from filplus.provider_ipni_reporting where provider = 'f01'"
    ) == [("OK", 80, QM)]


@pytest.mark.parametrize(
    ("reported", "actual", "status"),
    [
        (None, 10, "NOT_REPORTING"),
        (0, 10, "NOT_REPORTING"),
        (0, None, "NOT_REPORTING"),
        (49, 99, "MISREPORTING"),
        (50, 100, "OK"),
        (49, 100, "MISREPORTING"),
        (51, 100, "OK"),
        (1, None, "OK"),
        (1, 0, "OK"),
        (2**62, 2**63, "OK"),
        (2**62 - 1, 2**63, "MISREPORTING"),
    ],
)
def test_the_rule_at_its_edges(
    station: Station, reported: int | None, actual: int | None, status: str
) -> None:
    assert station.rows(
        "select filplus.ipni_reporting_status(%s::numeric, %s::numeric)", reported, actual
    ) == [(status,)]


def test_a_past_day_keeps_what_was_observed_on_it(claims: Station) -> None:
    observed(claims)
    assert claims.run(ipni_reporting_daily, TODAY).success
    before = claims.rows("select t::text from filplus.ipni_reporting_daily t")
    claims.simulator.world.ipni.publish(TWO, [[500]])
    claims.at(NOW + timedelta(days=1))
    assert claims.run(ipni_advertisements).success
    assert claims.run(ipni_reporting_daily, "2026-03-01", "2026-03-03").success
    rows = claims.rows("select t::text from filplus.ipni_reporting_daily t order by date")
    assert rows[0] == before[0]
    assert claims.rows("select ok from filplus.ipni_reporting_daily order by date") == [(2,), (3,)]
    assert claims.rows(
        "select state from ops.asset_partition_status where asset_key = %s order by partition_key",
        DAILY,
    ) == [("NOT_OBSERVED",), ("MATERIALIZED",), ("MATERIALIZED",)]


def test_a_provider_that_could_not_be_looked_up_keeps_its_last_peer_id(claims: Station) -> None:
    observed(claims)
    claims.simulator.world.peers.fixed["f01"] = Peer(None, "", (), "node is syncing")
    claims.at(NOW + timedelta(days=1))
    assert claims.run(lotus_miner_info, "2026-03-03").success
    assert claims.run(provider_ipni_reporting).success
    assert claims.rows(
        "select ipni_reporting_status from filplus.provider_ipni_reporting where provider = 'f01'"
    ) == [("OK",)]


def test_without_its_inputs_nobody_is_called_silent(claims: Station) -> None:
    claims.rows("delete from ops.asset_version")
    for asset, day in ((provider_ipni_reporting, ""), (ipni_reporting_daily, TODAY)):
        failure = failure_of(claims.run(asset, day))
        assert "were never materialized" in failure["cause"]
        assert "raw_lotus/miner_info" in failure["cause"]
        assert failure["hint"].startswith("`cdp refresh --select filplus/client_provider")
    assert claims.rows("select * from filplus.provider_ipni_reporting") == []


def test_a_provider_that_the_source_writes_with_its_prefix_is_one_provider(claims: Station) -> None:
    claims.rows("insert into raw_dmob.unique_providers values ('f01', 1), ('f07', 1), ('f0x', 1)")
    observed(claims)
    assert claims.run(provider_ipni_reporting).success
    assert claims.rows(
        "select provider, ipni_reporting_status from filplus.provider_ipni_reporting order by 1"
    ) == [*((provider, status) for provider, status, *_ in EXPECTED), ("f07", "NOT_REPORTING")]
