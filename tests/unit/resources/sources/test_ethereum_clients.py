"""Clients of Ethereum's sources: shapes, units, batches, and responses that are not empty."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cdp_assets.errors import (
    CdpError,
    InvalidSourceResponse,
    PermanentFailure,
    SourceUnavailable,
    TransientFailure,
)
from resources.http.http_client import HttpClient
from resources.http.response_validation import EndpointNotFound
from resources.http.retry import RetryPolicy
from resources.sources.ethereum import beacon_responses as beacon
from resources.sources.ethereum.beacon_api import BeaconApi
from resources.sources.ethereum.beacon_responses import (
    AttestationReward,
    BeaconData,
    BlockReward,
    Header,
    NeedsArchive,
)
from resources.sources.ethereum.beaconchain import Beaconchain, read_blocks
from resources.sources.ethereum.ethereum_rpc import EthereumRpc
from resources.sources.ethereum.mev_relay import LARGEST_PAGE, MevRelay, read_delivered

ROOT, PARENT, HASH = ("0x" + digit * 64 for digit in "123")
KEY, ADDRESS = "0x" + "ab" * 48, "0x" + "cd" * 20
Handler = Callable[[httpx.Request], httpx.Response]


def client(respond: Handler) -> HttpClient:
    return HttpClient(
        "node",
        "http://node.test",
        policy=RetryPolicy(tries=2, sleep=lambda _: None),
        transport=httpx.MockTransport(respond),
    )


def always(document: Any, status: int = 200) -> Handler:
    return lambda _: httpx.Response(status, json=document)


def data(value: Any, **flags: Any) -> dict[str, Any]:
    return {"execution_optimistic": False, "finalized": True, "data": value, **flags}


def header(slot: str = "5", **changes: Any) -> dict[str, Any]:
    message = {"slot": slot, "proposer_index": "3", "parent_root": PARENT}
    return {"root": ROOT, "canonical": True, "header": {"message": message}, **changes}


def test_a_header_is_read_and_a_404_is_a_missed_slot() -> None:
    api = BeaconApi(client(always(data(header()))))
    expected = BeaconData(Header(5, 3, ROOT, PARENT), True, False)
    assert api.header(5).value() == expected
    missed = always({"code": 404, "message": "Block not found"}, 404)
    assert BeaconApi(client(missed)).header(5).value() == BeaconData(None, None, False)


def test_a_404_from_elsewhere_is_a_wrong_address() -> None:
    for document in ({"detail": "Not Found"}, []):
        with pytest.raises(EndpointNotFound):
            BeaconApi(client(always(document, 404))).header(5).value()


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.block_reward(5),
        lambda api: next(api.attestation_rewards(5, ["3"])),
        lambda api: next(api.validators(5, ["3"])),
        lambda api: api.header(5),
    ],
)
@pytest.mark.parametrize("message", ["missing state", "parent state is not available"])
def test_a_pruned_state_is_not_an_empty_response(
    call: Callable[[BeaconApi], Any], message: str
) -> None:
    reply = call(BeaconApi(client(always({"code": 404, "message": message}, 404))))
    assert len(reply.responses) == 1
    assert not reply.responses[0].is_complete
    with pytest.raises(NeedsArchive, match=f"NEEDS_ARCHIVE: {message}"):
        reply.value()


def test_what_is_not_finalized_is_fetched_again_later() -> None:
    assert BeaconData(7, True, False).require_final(10, 9) == 7
    assert BeaconData(7, None, False).require_final(9, 9) == 7
    for early in (
        BeaconData(7, False, False),
        BeaconData(7, True, True),
        BeaconData(7, None, False),
    ):
        with pytest.raises(TransientFailure, match="not finalized"):
            early.require_final(10, 9)


def test_rewards_are_signed_gwei_and_an_empty_delay_is_zero() -> None:
    row = {"validator_index": "3", "head": "-5", "target": "0", "source": "2909"}
    body = {
        "ideal_rewards": [],
        "total_rewards": [{**row, "inclusion_delay": "", "inactivity": "-1"}],
    }
    api = BeaconApi(client(always(data(body))))
    (reply,) = api.attestation_rewards(10, ["3"])
    assert reply.value().value == [AttestationReward(3, -5, 0, 2909, 0, -1)]
    sync = [{"validator_index": "3", "reward": "-1000"}]
    (reply_of_sync,) = BeaconApi(client(always(data(sync)))).sync_rewards(5, ["3"])
    assert reply_of_sync.value().value == {3: -1000}


def test_ids_go_in_batches_and_never_as_an_empty_list() -> None:
    sent: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, json=data({"total_rewards": []}))

    api = BeaconApi(client(respond), batch_size=2)
    names = [reply.name for reply in api.attestation_rewards(10, ["3", "4", "5"])]
    assert (sent, names) == ([["3", "4"], ["5"]], ["attestations:10:0", "attestations:10:2"])
    with pytest.raises(ValueError, match="all of the network"):
        next(api.attestation_rewards(10, []))
    with pytest.raises(ValueError, match="1 to 1000"):
        BeaconApi(client(respond), batch_size=1_001)


def test_a_block_reward_is_the_sum_of_its_parts() -> None:
    parts = {
        "attestations": "40",
        "sync_aggregate": "5",
        "proposer_slashings": "0",
        "attester_slashings": "0",
    }
    body = data({"proposer_index": "3", "total": "45", **parts})
    assert beacon.read_block_reward(json.dumps(body).encode()).value == BlockReward(3, 45)
    body["data"]["total"] = "46"
    with pytest.raises(InvalidSourceResponse, match="sum of the four"):
        beacon.read_block_reward(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        (beacon.read_header, data(header(canonical=False))),
        (beacon.read_header, data(header(slot=5))),  # type: ignore[arg-type]
        (beacon.read_header, data(header(root="0x1"))),
        (beacon.read_header, data(header(), finalized="yes")),
        (beacon.read_header, {"code": 500, "message": "internal"}),
        (beacon.read_sync_rewards, data([{"validator_index": "3", "reward": "1.5"}])),
        (beacon.read_sync_rewards, data(2 * [{"validator_index": "3", "reward": "1"}])),
        (beacon.read_attestations, data({"total_rewards": None})),
        (beacon.read_finalized_epoch, data({})),
        (beacon.read_finalized_epoch, data({"finalized": {"epoch": "-1"}})),
    ],
)
def test_another_shape_never_becomes_a_number(read: Callable[[bytes], Any], wrong: Any) -> None:
    with pytest.raises(InvalidSourceResponse):
        read(json.dumps(wrong).encode())


def payload(slot: int, value: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "slot": str(slot),
        "block_hash": HASH,
        "block_number": "7",
        "builder_pubkey": KEY,
        "proposer_pubkey": KEY,
        "proposer_fee_recipient": ADDRESS.upper().replace("0X", "0x"),
        "value": value,
        **changes,
    }


def relay_with(slots: list[int]) -> tuple[MevRelay, list[str]]:
    """A relay with one payload for each slot named, newest first, and the queries it was sent."""
    queries: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if "slot" in query:
            queries.append(f"slot {query['slot']}")
            found = [slot for slot in slots if slot == int(query["slot"])]
        else:
            queries.append(query["cursor"])
            found = [slot for slot in sorted(slots, reverse=True) if slot <= int(query["cursor"])]
        limit = int(query["limit"])
        return httpx.Response(200, json=[payload(slot) for slot in found[:limit]])

    return MevRelay(client(respond), page_size=2), queries


@pytest.mark.parametrize(
    ("slots", "queries"),
    [
        ([], ["20"]),
        ([12], ["20"]),
        ([12, 15, 20], ["20", "15", "12"]),
        ([9, 12, 15, 20], ["20", "15", "12"]),
        ([3, 4, 12, 15], ["20", "12"]),
        ([10, 11], ["20", "10"]),
        ([12, 12, 12, 15], ["20", "12", "slot 12", "11"]),
    ],
)
def test_a_walk_ends_at_a_short_page_or_below_the_window(
    slots: list[int], queries: list[str]
) -> None:
    relay, sent = relay_with(slots)
    found = {one.slot for page in relay.walk(10, 20) for one in page.value()}
    assert {slot for slot in found if slot >= 10} == {slot for slot in slots if slot >= 10}
    assert sent == queries


def test_a_slot_with_more_payloads_than_a_relay_returns_is_refused() -> None:
    relay, _ = relay_with([12] * (LARGEST_PAGE + 1))
    with pytest.raises(InvalidSourceResponse, match="slot 12 has more payloads"):
        list(relay.walk(10, 12))
    with pytest.raises(InvalidSourceResponse, match="payloads of other slots than 5"):
        MevRelay(client(always([payload(4)]))).payloads_of(5).value()


def test_a_relay_that_ignores_cursor_or_limit_is_refused() -> None:
    for page in ([payload(21)], [payload(5), payload(4), payload(3)]):
        relay = MevRelay(client(always(page)), page_size=2)
        with pytest.raises(InvalidSourceResponse):
            list(relay.walk(10, 20))


def test_a_payload_keeps_all_digits_of_its_value() -> None:
    (found,) = read_delivered(json.dumps([payload(5, str(2**256 - 1))]).encode())
    assert (found.value, found.proposer_fee_recipient) == (2**256 - 1, ADDRESS)
    with pytest.raises(InvalidSourceResponse):
        read_delivered(json.dumps([payload(5, str(2**256))]).encode())


def execution(at: int, **changes: Any) -> list[dict[str, Any]]:
    tx = {"hash": HASH, "from": ADDRESS, "to": None, "value": "0x0"}
    block = {
        "number": hex(at),
        "hash": ROOT,
        "miner": ADDRESS,
        "baseFeePerGas": hex(2**70),
        "gasUsed": "0x5208",
        "transactions": [tx],
    }
    receipt = {"transactionHash": HASH, "gasUsed": "0x5208", "effectiveGasPrice": hex(2**70 + 1)}
    return [
        {"jsonrpc": "2.0", "id": f"eth_getBlockByNumber:{at}", "result": {**block, **changes}},
        {"jsonrpc": "2.0", "id": f"eth_getBlockReceipts:{at}", "result": [receipt]},
    ]


def test_blocks_come_with_their_receipts_in_one_batch() -> None:
    sent: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, json=[*execution(8), *execution(7)])

    found = EthereumRpc(client(respond), batch_size=2).blocks([7, 8]).value()
    assert [call["method"] for call in sent[0]] == 2 * [
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
    ]
    assert sorted(found) == [7, 8]
    assert found[7].base_fee == 2**70
    assert found[7].last_transaction is not None
    assert found[7].last_transaction.receiver is None
    assert found[7].receipts[0].effective_gas_price - found[7].base_fee == 1


@pytest.mark.parametrize(
    "wrong",
    [
        execution(7, gasUsed="0x5209"),
        execution(7, transactions=[]),
        execution(7, number="0x9"),
        execution(7, baseFeePerGas="10"),
    ],
)
def test_receipts_of_another_block_are_refused(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidSourceResponse):
        EthereumRpc(client(always(wrong))).blocks([7]).value()


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (-32004, "method not supported", PermanentFailure),  # of Solana's nodes: not available yet
        (-32601, "method not found", PermanentFailure),
        (-32000, "missing trie node", NeedsArchive),
        (-32005, "limit exceeded", SourceUnavailable),
        (-32002, "resource not available", NeedsArchive),
        (-32002, "busy", TransientFailure),
    ],
)
def test_codes_mean_what_ethereum_says(code: int, message: str, kind: type[CdpError]) -> None:
    """Half of them mean something else at a node of Solana, whose client shares the envelope."""
    error = {"code": code, "message": message}
    answer = [
        {"jsonrpc": "2.0", "id": f"{method}:7", "error": error}
        for method in ("eth_getBlockByNumber", "eth_getBlockReceipts")
    ]
    with pytest.raises(kind):
        EthereumRpc(client(always(answer))).blocks([7]).value()


def test_a_block_that_the_node_lacks_is_not_empty() -> None:
    ids = [member["id"] for member in execution(7)]
    unknown = [{"jsonrpc": "2.0", "id": id_, "result": None} for id_ in ids]
    with pytest.raises(TransientFailure, match="does not have block 7"):
        EthereumRpc(client(always(unknown))).blocks([7]).value()
    error = {"code": 4444, "message": "pruned history unavailable"}
    pruned = [{"jsonrpc": "2.0", "id": id_, "error": error} for id_ in ids]
    with pytest.raises(NeedsArchive):
        EthereumRpc(client(always(pruned))).blocks([7]).value()


def explored(number: int, reward: Any = 2**60 + 1, relay: Any = None) -> dict[str, Any]:
    return {
        "blockNumber": number,
        "blockHash": HASH,
        "producerReward": reward,
        "feeRecipient": ADDRESS,
        "relay": relay,
        "posConsensus": {"slot": 9, "proposerIndex": 3},
    }


def test_the_explorer_names_who_received_the_reward() -> None:
    other = "0x" + "ee" * 20
    rows = [explored(7), explored(8, "12", {"producerFeeRecipient": other})]
    api = Beaconchain(client(always({"status": "OK", "data": rows})))
    found = api.blocks([7, 8]).value()
    assert (found[7].producer_reward, found[7].recipient, found[7].is_mev) == (
        2**60 + 1,
        ADDRESS,
        False,
    )
    assert (found[8].producer_reward, found[8].recipient, found[8].is_mev) == (12, other, True)
    with pytest.raises(InvalidSourceResponse, match="block 9 is missing"):
        api.blocks([9]).value()
    with pytest.raises(InvalidSourceResponse, match="ERROR"):
        read_blocks(b'{"status": "ERROR: limit", "data": []}')


def test_a_refusal_is_not_sent_again() -> None:
    seen: list[int] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(1)
        return httpx.Response(400, json={"code": 400, "message": "maximum limit is 200"})

    with pytest.raises(PermanentFailure):
        MevRelay(client(respond)).page(5).value()
    assert len(seen) == 1
