"""Miner info of node and contract: who wins, who failed, what is asked again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cdp_assets.filplus.providers.lotus.assets import MINER_INFO, lotus_miner_info
from cdp_assets.settings import publish_environment
from resources.http.http_client import HttpClient
from resources.sources.lotus_rpc import LotusRpc, read_client_configs, read_client_status
from simulator.providers.peers import Peer, peer_id
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import (
    NOW,
    TODAY,
    TOMORROW,
    Station,
    checks_of,
    failure_of,
)

pytestmark = pytest.mark.integration
PROVIDERS = [f"f0{1_000_000 + 11 * number}" for number in range(1, 121)]
NODE_ID, CURIO_ID = peer_id("node"), peer_id("curio")
NODE = Peer(NODE_ID, "", ("/ip4/1.2.3.4/tcp/24001",))
CURIO = Peer(NODE_ID, CURIO_ID, ())
SILENT = Peer(None, "", ())
UNKNOWN = Peer(None, "", (), "actor not found")


def stored(station: Station) -> dict[str, tuple[Any, ...]]:
    rows = station.rows("select provider, peer_id, multiaddrs from raw_lotus.miner_info")
    return {row[0]: row[1:] for row in rows}


def failed(station: Station) -> dict[str, str]:
    return dict(
        station.rows(
            "select entity, reason from ops.failed_entities where asset_key = %s", MINER_INFO
        )
    )


def test_the_contracts_peer_id_replaces_the_nodes_and_failures_are_listed(station: Station) -> None:
    station.simulator.world.peers.fixed |= {
        "f01": NODE,
        "f02": CURIO,
        "f03": SILENT,
        "f04": UNKNOWN,
    }
    station.know(["f01", "f02", "f03", "f04"])
    made = station.run(lotus_miner_info, TODAY)
    assert made.success
    assert stored(station) == {
        "f01": (NODE_ID, ["/ip4/1.2.3.4/tcp/24001"]),
        "f02": (CURIO_ID, []),
        "f03": (None, []),
    }
    assert failed(station) == {"f04": "the node reports: actor not found"}
    assert checks_of(made)["provider_lookups_complete"][0] is False
    station.simulator.world.peers.fixed["f04"] = NODE
    station.simulator.world.journal.clear()
    assert station.run(lotus_miner_info, TODAY).success
    assert dict(station.simulator.world.journal.rpc) == {
        "Filecoin.StateMinerInfo": 1, "eth_call": 1,
    }  # only the failed one is asked again within twelve hours  # fmt: skip
    assert len(stored(station)) == 4
    assert failed(station) == {}


def test_twelve_hours_later_everybody_is_asked_again(station: Station) -> None:
    station.simulator.world.peers.fixed["f01"] = NODE
    station.know(["f01"])
    station.at(NOW - timedelta(hours=11))
    assert station.run(lotus_miner_info, TODAY).success
    station.simulator.world.peers.fixed["f01"] = CURIO
    station.at(NOW)
    assert station.run(lotus_miner_info, TODAY).success
    assert stored(station)["f01"][0] == NODE_ID
    station.at(NOW + timedelta(hours=2))
    assert station.run(lotus_miner_info, TODAY).success
    assert stored(station)["f01"][0] == CURIO_ID


def test_a_past_day_is_made_of_its_kept_answers_and_never_of_todays(station: Station) -> None:
    station.simulator.world.peers.fixed["f01"] = NODE
    station.know(["f01"])
    assert station.run(lotus_miner_info, TODAY).success
    before = station.rows("select t::text from raw_lotus.miner_info t")
    station.simulator.world.peers.fixed["f01"] = CURIO
    station.at(NOW + timedelta(days=1))
    station.simulator.world.journal.clear()
    assert station.run(lotus_miner_info, "2026-03-01", TODAY).success
    assert station.simulator.world.journal.paths.total() == 0
    assert station.rows("select t::text from raw_lotus.miner_info t") == before
    assert station.rows(
        "select partition_key, state from ops.asset_partition_status where asset_key = %s "
        "order by 1",
        MINER_INFO,
    ) == [("2026-03-01", "NOT_OBSERVED"), (TODAY, "MATERIALIZED")]


def test_one_provider_that_fails_its_batch_costs_only_itself(station: Station) -> None:
    publish_environment({"CDP_HTTP_TRIES": "6"})
    station.know(PROVIDERS)
    bad = PROVIDERS[60]
    station.simulator.world.faults.rules[:] = [FaultRule("status", body=bad, status=500)]
    for _ in range(2):
        assert station.run(lotus_miner_info, TODAY).success
        there, listed = stored(station), failed(station)
        assert set(there) | set(listed) == set(PROVIDERS)
        assert not set(there) & set(listed)
        assert listed.pop(bad) == "returned 500"
        assert set(listed.values()) <= {"the node reports: actor not found"}
    station.simulator.world.faults.rules.clear()
    assert station.run(lotus_miner_info, TODAY).success
    assert set(stored(station)) == set(there) | {bad}


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (Peer("12D3\0", "", ()), "PeerId holds a NUL or half a character"),
        (Peer(NODE_ID, "a\0b", ()), "the contract's peer id is no text"),
        (Peer(None, "", (), "bad\0"), "the node reports: bad\\x00"),
    ],
    ids=["peer id", "contract", "error"],
)
def test_a_nul_that_a_stranger_put_on_chain_costs_only_his_provider(
    station: Station, peer: Peer, reason: str
) -> None:
    station.simulator.world.peers.fixed |= {"f01": peer, "f02": NODE}
    station.know(["f01", "f02"])
    assert station.run(lotus_miner_info, TODAY).success
    assert set(stored(station)) == {"f02"}
    assert failed(station) == {"f01": reason}


def test_an_address_with_a_nul_is_left_out(station: Station) -> None:
    there = ("/dns4/a\0b/tcp/1", "/ip4/1.2.3.4/tcp/24001")
    station.simulator.world.peers.fixed["f01"] = Peer(NODE_ID, "", there)
    station.know(["f01"])
    assert station.run(lotus_miner_info, TODAY).success
    assert stored(station) == {"f01": (NODE_ID, ["/ip4/1.2.3.4/tcp/24001"])}
    assert failed(station) == {
        "f01": "stored without what cannot be read: address 1 of Multiaddrs: dns4 contains a NUL"
    }


def test_what_is_read_in_part_is_named_and_is_no_suspect(station: Station) -> None:
    """A peer id that is none stays what it is; the node's failure for others ends the run."""
    station.simulator.world.peers.fixed |= {
        "f01": Peer("somebody", f" /p2p/{CURIO_ID}", ()),
        "f02": Peer("somebody", "nobody", ()),
    }
    station.know(["f01", "f02"])
    assert station.run(lotus_miner_info, TODAY).success
    assert stored(station) == {"f01": (CURIO_ID, []), "f02": ("nobody", [])}
    why = "is no peer id (it is in no base that is known)"
    part = "stored without what cannot be read: "
    assert failed(station) == {
        "f01": f"{part}PeerId 'somebody' {why}",
        "f02": f"{part}PeerId 'somebody' {why}; {part}the contract's 'nobody' {why}",
    }
    station.at(NOW + timedelta(days=1))
    station.simulator.world.faults.rules[:] = [FaultRule("status", status=503)]
    assert not station.run(lotus_miner_info, TOMORROW).success


def test_ids_that_no_question_can_name_are_listed(station: Station) -> None:
    station.simulator.world.peers.fixed["f01"] = NODE
    station.know(["f01", "f0007", "f09223372036854775808"])
    assert station.run(lotus_miner_info, TODAY).success
    assert set(stored(station)) == {"f01"}
    assert failed(station) == {
        "f0007": "'f0007' is another form of f07",
        "f09223372036854775808": "'f09223372036854775808' is no actor id",
    }


FAULTS = [
    (FaultRule("status", status=503), "returned 503", True),
    (FaultRule("malformed"), "malformed JSON", True),
    (FaultRule("status", status=401), "returned 401", False),
    (FaultRule("status", status=404), "returned 404", False),
]


@pytest.mark.parametrize(("rule", "words", "is_transient"), FAULTS, ids=lambda x: str(x)[:30])
def test_a_node_that_answers_nothing_changes_no_row(
    station: Station, rule: FaultRule, words: str, is_transient: bool
) -> None:
    station.simulator.world.peers.fixed |= {"f01": NODE, "f02": NODE}
    station.know(["f01", "f02"])
    assert station.run(lotus_miner_info, TODAY).success
    before = station.rows("select t::text from raw_lotus.miner_info t")
    station.at(NOW + timedelta(days=1))
    station.simulator.world.faults.rules[:] = [rule]
    made = station.run(lotus_miner_info, TOMORROW)
    assert not made.success
    assert words in failure_of(made)["cause"]
    assert station.rows("select t::text from raw_lotus.miner_info t") == before
    attempts = station.rows("select attempts from ops.runs where outcome = 'FAILED'")
    assert attempts == [(4 if is_transient else 1,)]


def test_a_node_that_is_not_named_is_a_plain_sentence(station: Station) -> None:
    station.know(["f01"])
    publish_environment({"CDP_LOTUS_RPC_URL": ""})
    failure = failure_of(station.run(lotus_miner_info, TODAY))
    assert (failure["key"], failure["cause"]) == (
        "CDP_LOTUS_RPC_URL",
        "no Lotus node is configured",
    )


def test_datacap_left_and_deviations_of_clients_are_asked_in_batches(station: Station) -> None:
    clients = [f"f0{3_100_000 + 7 * n}" for n in range(1, 31)]
    with HttpClient("lotus", f"{station.simulator.url}/lotus/v1") as http:
        rpc = LotusRpc(http)
        status = read_client_status(rpc.client_status(clients).usable().body, clients)
        contract = "0x" + "ab" * 20
        configs = read_client_configs(
            rpc.client_configs(dict.fromkeys(clients, contract)).usable().body, clients
        )
    assert set(status.values) == set(configs.values) == set(clients)
    assert None in status.values.values()
    assert any((left or 0) > 2**40 for left in status.values.values())
    assert all(0 <= deviation < 5_000 for deviation in configs.values.values())
