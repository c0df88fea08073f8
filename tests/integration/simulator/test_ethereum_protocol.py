"""Beacon API, JSON-RPC, relays and explorer of the simulated chain, read by our own clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from cdp_assets.validators.rules.ethereum_blocks import (
    MISDIRECTED,
    PAYMENT_UNVERIFIED,
    RELAY_VALUE_MISMATCH,
    block_income,
    canonical_payloads,
)
from resources.http.http_client import HttpClient
from resources.http.retry import RetryPolicy
from resources.sources.ethereum.beacon_api import BeaconApi
from resources.sources.ethereum.beacon_responses import Header, NeedsArchive
from resources.sources.ethereum.beaconchain import Beaconchain
from resources.sources.ethereum.ethereum_rpc import EthereumRpc
from resources.sources.ethereum.mev_relay import DeliveredPayload, MevRelay
from simulator.ethereum.blocks import RELAYS
from simulator.server.http_server import SimulatorServer

pytestmark = pytest.mark.integration
SPAN = 32  # slots that these tests look at


class Services:
    """Our clients of the simulated services."""

    def __init__(self, url: str) -> None:
        self._open: list[HttpClient] = []
        self.beacon = BeaconApi(self._client(f"{url}/beacon"))
        self.rpc = EthereumRpc(self._client(f"{url}/ethereum"), batch_size=SPAN)
        self.explorer = Beaconchain(self._client(f"{url}/beaconchain"))
        self.relays = [MevRelay(self._client(f"{url}/relay/{r}"), page_size=7) for r in RELAYS]

    def _client(self, url: str) -> HttpClient:
        self._open.append(HttpClient("simulated", url, policy=RetryPolicy(tries=1)))
        return self._open[-1]

    def close(self) -> None:
        for client in self._open:
            client.close()

    def first_slot(self) -> int:
        """The first of a range of slots that is finalized."""
        head = self.beacon.header("head").value().value
        assert head is not None
        return (head.slot - 200) // 16 * 16

    def headers(self, first: int) -> list[Header]:
        found = (self.beacon.header(first + n).value().value for n in range(SPAN))
        return [one for one in found if one is not None]


@pytest.fixture
def services(simulator: SimulatorServer) -> Iterator[Services]:
    found = Services(simulator.url)
    yield found
    found.close()


def test_headers_form_a_chain_in_which_one_slot_in_sixteen_is_missed(services: Services) -> None:
    headers = services.headers(services.first_slot())
    assert len(headers) == SPAN - 2
    for before, after in zip(headers, headers[1:], strict=False):
        assert after.parent_root == before.root
    again = services.beacon.header(headers[3].root).value().value
    assert again == headers[3]
    assert services.beacon.header("0x" + "0a" + "00" * 31).value().value is None


def test_time_and_finality_follow_the_clock(services: Services, simulator: SimulatorServer) -> None:
    assert services.beacon.genesis_time().value().value == 1_606_824_023
    assert services.beacon.config().value().value == (384, 1)
    head = services.beacon.header("head").value()
    assert head.value is not None
    assert head.is_finalized is False
    finalized = services.beacon.finalized_epoch().value().value
    assert head.value.slot - 3 <= finalized < head.value.slot
    simulator.world.ethereum.load({"limits": {"finality_epochs": 50}})
    assert services.beacon.finalized_epoch().value().value < finalized


def test_both_layers_relays_and_explorer_agree_on_every_block(services: Services) -> None:
    """Each block pays what the explorer says, by our rules and from the nodes' own responses."""
    first = services.first_slot()
    headers = services.headers(first)
    payloads = {h.slot: services.beacon.block(h.slot).value().value for h in headers}
    numbers = [payload.block_number for payload in payloads.values()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    executed = services.rpc.blocks(numbers).value()
    explored = services.explorer.blocks(numbers).value()
    delivered: list[DeliveredPayload] = []
    for relay in services.relays:
        for page in relay.walk(first, first + SPAN - 1):
            delivered += page.value()
    claims = canonical_payloads(delivered, {s: p.block_hash for s, p in payloads.items()})
    assert len({one for one in delivered if one.slot >= first}) > len(claims) > 0
    validators = {
        one.index: one
        for reply in services.beacon.validators("head", [])
        for one in reply.value().value
    }
    flags: set[str] = set()
    for slot, payload in payloads.items():
        seen = explored[payload.block_number]
        address = "0x" + validators[payload.proposer_index].withdrawal_credentials[-40:]
        income = block_income(
            slot, executed[payload.block_number], claims.get(slot, ()), frozenset({address})
        )
        assert income.priority_fees + income.mev + income.misdirected == seen.producer_reward
        assert income.is_mev == seen.is_mev
        assert (MISDIRECTED in income.flags) == (seen.recipient != address)
        flags.update(income.flags)
    assert flags <= {MISDIRECTED, PAYMENT_UNVERIFIED, RELAY_VALUE_MISMATCH}
    assert PAYMENT_UNVERIFIED in flags


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_a_slot_that_two_pages_share_keeps_all_its_payloads(
    services: Services, simulator: SimulatorServer, page_size: int
) -> None:
    """The first relay has two payloads of some slots; a page may end between them."""
    last = services.first_slot()
    path = f"{simulator.url}/relay/{RELAYS[0]}"

    def walked(size: int) -> set[DeliveredPayload]:
        with HttpClient("simulated", path, policy=RetryPolicy(tries=1)) as http:
            pages = MevRelay(http, page_size=size).walk(last - 149, last)
            return {one for page in pages for one in page.value() if one.slot > last - 150}

    everything = walked(200)
    by_slot = Counter(one.slot for one in everything)
    assert 2 in by_slot.values()
    assert walked(page_size) == everything


def test_a_relay_refuses_more_than_its_limit_and_slot_with_cursor(http: httpx.Client) -> None:
    path = "/relay/alpha/relay/v1/data/bidtraces/proposer_payload_delivered"
    for query in ({"limit": 201}, {"slot": 5, "cursor": 5}):
        assert http.get(path, params=query).status_code == 400
    assert "maximum limit is 200" in http.get(path, params={"limit": 201}).text
    found = http.get(path, params={"limit": 3}).json()
    slots = [int(row["slot"]) for row in found]
    assert slots == sorted(slots, reverse=True)
    only = http.get(path, params={"slot": slots[0]}).json()
    assert {row["slot"] for row in only} == {str(slots[0])}
    received = http.get(
        path.replace("proposer_payload_delivered", "builder_blocks_received"),
        params={"slot": slots[0]},
    )
    assert {row["slot"] for row in received.json()} == {str(slots[0])}


def test_rewards_come_for_the_wanted_validators_only(services: Services) -> None:
    slot = services.headers(services.first_slot())[0].slot
    (rewards,) = services.beacon.attestation_rewards(slot, ["1000", "1001", "7"])
    assert [row.validator_index for row in rewards.value().value] == [1000, 1001]
    members = services.beacon.sync_committee(slot, slot).value().value
    (sync,) = services.beacon.sync_rewards(slot, [str(index) for index in range(1000, 1024)])
    assert set(sync.value().value) == members
    reward = services.beacon.block_reward(slot).value().value
    header = services.beacon.header(slot).value().value
    assert header is not None
    assert reward.proposer_index == header.proposer_index
    assert reward.total > 38_000_000


def test_a_pruned_node_says_so(services: Services, simulator: SimulatorServer) -> None:
    slot = services.first_slot()
    simulator.world.ethereum.load({"limits": {"states_from": slot + 5}})
    with pytest.raises(NeedsArchive):
        services.beacon.block_reward(slot).value()
    with pytest.raises(NeedsArchive):
        next(services.beacon.validators(slot, ["1000"])).value()
    assert services.beacon.header(slot).value().value is not None


def test_loaded_blocks_and_rewards_come_back_exactly(
    services: Services, http: httpx.Client
) -> None:
    slot = services.headers(services.first_slot())[0].slot
    recipient = "0x" + "ab" * 20
    block = {
        "slot": slot,
        "proposer_index": 1000,
        "miner": recipient,
        "base_fee": 10 * 10**9,
        "receipts": [[21_000, 12 * 10**9], [100_000, 115 * 10**8]],
    }
    document = {
        "blocks": [block, {"slot": slot + 2, "is_missed": True}],
        "attestations": [[slot, 1000, 2856, 5401, 2909, 0]],
        "sync_rewards": [[slot, 1000, -1000]],
        "block_rewards": [[slot, 45_000_000, 0, 0, 0]],
    }
    answer = http.post("/control/ethereum", json=document)
    assert answer.status_code == 200, answer.text
    payload = services.beacon.block(slot).value().value
    found = services.rpc.blocks([payload.block_number]).value()[payload.block_number]
    income = block_income(slot, found, (), frozenset({recipient}))
    assert income.priority_fees == 192_000_000_000_000
    assert services.beacon.header(slot + 2).value().value is None
    (rewards,) = services.beacon.attestation_rewards(slot, ["1000"])
    assert rewards.value().value[0].total == 11_166
    (sync,) = services.beacon.sync_rewards(slot, ["1000"])
    assert sync.value().value == {1000: -1000}
    assert services.beacon.block_reward(slot).value().value.total == 45_000_000
    assert http.post("/control/ethereum", json={"limits": {"moon": 1}}).status_code == 400
    http.delete("/control/ethereum")
    assert services.beacon.header(slot + 2).value().value is not None
