"""JSON-RPC as a Solana node speaks it, and real figures fed through it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from cdp_assets.units import SOL_DECIMALS, to_native

pytestmark = pytest.mark.integration

BLOCK = {"transactionDetails": "none", "rewards": True, "maxSupportedTransactionVersion": 0}


def _call(http: httpx.Client, method: str, *parameters: Any) -> dict[str, Any]:
    call = {"jsonrpc": "2.0", "id": 5, "method": method, "params": list(parameters)}
    answer = http.post("/solana", json=call)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    assert (document["jsonrpc"], document["id"]) == ("2.0", 5)
    return document


def _result(http: httpx.Client, method: str, *parameters: Any) -> Any:
    document = _call(http, method, *parameters)
    assert "error" not in document, document
    return document["result"]


def _code(http: httpx.Client, method: str, *parameters: Any) -> int:
    return int(_call(http, method, *parameters)["error"]["code"])


def _blocks(http: httpx.Client, slots: Iterable[int]) -> dict[int, dict[str, Any]]:
    calls = [
        {"jsonrpc": "2.0", "id": slot, "method": "getBlock", "params": [slot, BLOCK]}
        for slot in slots
    ]
    return {member["id"]: member for member in http.post("/solana", json=calls).json()}


def _fees(http: httpx.Client, first_slot: int, indexes: Iterable[int]) -> dict[str, int]:
    """Return Σ Fee rewards by identity over the blocks at slot indexes."""
    fees: dict[str, int] = {}
    for member in _blocks(http, (first_slot + index for index in indexes)).values():
        for reward in member.get("result", {}).get("rewards", []):
            if reward["rewardType"] == "Fee":
                fees[reward["pubkey"]] = fees.get(reward["pubkey"], 0) + reward["lamports"]
    return fees


def _epoch(http: httpx.Client) -> tuple[int, int]:
    """Return the last whole epoch and its first slot."""
    info = _result(http, "getEpochInfo", {"commitment": "finalized"})
    schedule = _result(http, "getEpochSchedule")
    epoch = info["epoch"] - 1
    return epoch, epoch * schedule["slotsPerEpoch"]


def test_epoch_info_agrees_with_the_schedule_and_follows_the_clock(http: httpx.Client) -> None:
    schedule = _result(http, "getEpochSchedule")
    info = _result(http, "getEpochInfo")
    assert schedule["slotsPerEpoch"] == info["slotsInEpoch"] == 96
    assert (schedule["warmup"], schedule["firstNormalEpoch"]) == (False, 0)
    assert divmod(info["absoluteSlot"], 96) == (info["epoch"], info["slotIndex"])
    assert 0 < info["blockHeight"] < info["absoluteSlot"]
    http.post("/control/clock", json={"now": "2026-03-04T12:00:00Z"})
    assert _result(http, "getEpochInfo")["epoch"] == info["epoch"] + 1


def test_the_leader_schedule_covers_every_slot_once(http: httpx.Client) -> None:
    epoch, first = _epoch(http)
    schedule = _result(http, "getLeaderSchedule", first, {"commitment": "finalized"})
    assert sorted(index for row in schedule.values() for index in row) == list(range(96))
    identity = min(schedule)
    assert _result(http, "getLeaderSchedule", first, {"identity": identity}) == {
        identity: schedule[identity]
    }
    assert _result(http, "getLeaderSchedule", first, {"identity": "nobody"}) == {}
    assert _result(http, "getLeaderSchedule", (epoch + 3) * 96) is None
    present = _result(http, "getLeaderSchedule")
    assert present == _result(http, "getLeaderSchedule", (epoch + 1) * 96)


def test_blocks_are_there_unless_skipped_and_both_codes_for_it_occur(http: httpx.Client) -> None:
    epoch, first = _epoch(http)
    produced: set[int] = set()
    codes: dict[int, int] = {}
    for back in range(4):
        start = first - 96 * back
        produced |= set(_result(http, "getBlocks", start, start + 95))
        codes |= {
            slot: member["error"]["code"]
            for slot, member in _blocks(http, range(start, start + 96)).items()
            if "error" in member
        }
    assert set(codes) == set(range((epoch - 3) * 96, (epoch + 1) * 96)) - produced
    assert len(codes) == 4 * 6
    assert set(codes.values()) == {-32007, -32009}


def test_block_heights_and_parents_count_produced_blocks(http: httpx.Client) -> None:
    _, first = _epoch(http)
    slots = _result(http, "getBlocks", first - 96, first + 95)
    blocks = _blocks(http, slots)
    for before, slot in zip(slots, slots[1:], strict=False):
        block, parent = blocks[slot]["result"], blocks[before]["result"]
        assert block["parentSlot"] == before
        assert block["blockHeight"] == parent["blockHeight"] + 1
        assert block["previousBlockhash"] == parent["blockhash"]
        assert block["blockTime"] > parent["blockTime"]
    assert _result(http, "getEpochInfo")["blockHeight"] > blocks[slots[-1]]["result"]["blockHeight"]


def test_the_leader_alone_gets_fees_and_other_rewards_are_mixed_in(http: httpx.Client) -> None:
    _, first = _epoch(http)
    schedule = _result(http, "getLeaderSchedule", first)
    leader = {index: identity for identity, row in schedule.items() for index in row}
    kinds: set[str] = set()
    for slot, member in _blocks(http, _result(http, "getBlocks", first, first + 95)).items():
        for reward in member["result"]["rewards"]:
            kinds.add(reward["rewardType"])
            if reward["rewardType"] == "Fee":
                assert reward["pubkey"] == leader[slot - first]
                assert reward["lamports"] > 0
    assert kinds == {"Fee", "Rent", "Voting"}


def test_the_first_block_of_an_epoch_pays_vote_accounts(http: httpx.Client) -> None:
    _, first = _epoch(http)
    block = _result(http, "getBlock", first, BLOCK)
    assert block["numRewardPartitions"] == 1
    assert "numRewardPartitions" not in _result(http, "getBlock", first + 4, BLOCK)
    votes = {one["votePubkey"] for one in _result(http, "getVoteAccounts")["current"]}
    paid = {row["pubkey"] for row in block["rewards"] if row["rewardType"] == "Voting"}
    assert paid & votes


def test_rewards_and_transactions_can_be_left_out(http: httpx.Client) -> None:
    _, first = _epoch(http)
    assert "rewards" not in _result(http, "getBlock", first, {**BLOCK, "rewards": False})
    assert "transactions" not in _result(http, "getBlock", first, BLOCK)
    assert _result(http, "getBlock", first)["transactions"] == []


def test_block_production_agrees_with_the_blocks(http: httpx.Client) -> None:
    _, first = _epoch(http)
    schedule = _result(http, "getLeaderSchedule", first)
    produced = set(_result(http, "getBlocks", first, first + 95))
    wanted = {"range": {"firstSlot": first, "lastSlot": first + 95}}
    value = _result(http, "getBlockProduction", wanted)["value"]
    assert value["range"] == wanted["range"]
    assert value["byIdentity"] == {
        identity: [len(row), sum(first + index in produced for index in row)]
        for identity, row in schedule.items()
    }
    identity = min(schedule)
    one = _result(http, "getBlockProduction", {**wanted, "identity": identity})["value"]
    assert list(one["byIdentity"]) == [identity]


def test_vote_accounts_hold_stakes_beyond_doubles_and_a_delinquent_one(http: httpx.Client) -> None:
    accounts = _result(http, "getVoteAccounts")
    current = {one["votePubkey"]: one for one in accounts["current"]}
    assert max(one["activatedStake"] for one in current.values()) == 13_799_465_812_129_627
    assert len(accounts["delinquent"]) == 1
    vote = min(current)
    only = _result(http, "getVoteAccounts", {"votePubkey": vote})
    assert only == {"current": [current[vote]], "delinquent": []}
    assert len(current[vote]["epochCredits"]) == 5


def test_one_validator_with_a_vote_account_leads_no_slot(http: httpx.Client) -> None:
    _, first = _epoch(http)
    schedule = _result(http, "getLeaderSchedule", first)
    accounts = _result(http, "getVoteAccounts")
    idle = [one for one in accounts["current"] if one["nodePubkey"] not in schedule]
    assert [one["activatedStake"] for one in idle] == [1_500_000_000]


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("getBlock", [10**9, BLOCK], -32004),
        ("getBlock", [], -32602),
        ("getBlock", ["7"], -32602),
        ("getBlock", [7, "finalized"], -32602),
        ("getBlocks", [0, 500_001], -32602),
        ("getBlocks", [-1], -32602),
        ("getBlockProduction", [{"range": {"firstSlot": 0}}], -32602),
        ("getBlockProduction", [{"range": {"firstSlot": 89_500, "lastSlot": 10**9}}], -32602),
        ("getTransactionCount", [], -32601),
    ],
)
def test_errors_have_the_nodes_codes(
    http: httpx.Client, method: str, parameters: list[Any], code: int
) -> None:
    assert _code(http, method, *parameters) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [("{", -32700), ("7", -32600), ("[]", -32600), ('{"method": 3}', -32600)],
)
def test_what_is_no_call_is_refused(http: httpx.Client, body: str, code: int) -> None:
    assert http.post("/solana", content=body).json()["error"]["code"] == code


def test_slots_of_the_future_are_not_listed(http: httpx.Client) -> None:
    head = _result(http, "getEpochInfo")["absoluteSlot"]
    slots = _result(http, "getBlocks", head - 20, head + 400)
    assert head - 2 <= max(slots) <= head
    assert _result(http, "getBlocks", head + 1, head + 9) == []


def test_loaded_fees_come_back_to_the_lamport_beyond_doubles(http: httpx.Client) -> None:
    fees = {"big": 2**60 + 1, "none": 0, "one": 1}
    validators = [
        {"vote": f"{name}-vote", "identity": name, "stake": 2**62 + 1, "fees_lamports": lamports}
        for name, lamports in fees.items()
    ]
    loaded = http.post("/control/solana", json={"epoch": 842, "validators": validators})
    assert loaded.status_code == 200, loaded.text
    first = 842 * 432_000
    schedule = _result(http, "getLeaderSchedule", first)
    assert sum(map(len, schedule.values())) == 432_000
    for name, lamports in fees.items():
        assert len(schedule[name]) == 4
        assert _fees(http, first, schedule[name]).get(name, 0) == lamports
    stakes = {one["activatedStake"] for one in _result(http, "getVoteAccounts")["current"]}
    assert stakes == {2**62 + 1}
    http.delete("/control/solana")
    assert _result(http, "getEpochSchedule")["slotsPerEpoch"] == 96


def test_an_epoch_is_restated_when_the_clock_reaches_the_moment(http: httpx.Client) -> None:
    epoch, first = _epoch(http)
    schedule = _result(http, "getLeaderSchedule", first)
    told = http.get("/control/solana").json()["validators"]
    changed, gone = told[0], told[3]
    change = {
        "epoch": epoch,
        "effective_at": "2026-03-03T00:00:00Z",
        "fees": {changed["vote"]: 777},
        "vanish": [gone["vote"]],
        "appear": [{"vote": "new-vote", "identity": "new", "stake": 3, "fees_lamports": 5}],
    }
    before = _fees(http, first, range(96))
    assert http.post("/control/solana/restatements", json=change).status_code == 200
    assert _fees(http, first, range(96)) == before
    http.post("/control/clock", json={"now": "2026-03-03T00:00:00Z"})
    after = _fees(http, first, range(96))
    assert after[changed["identities"][0]] == 777
    assert after["new"] == 5
    assert gone["identities"][0] in schedule
    assert gone["identities"][0] not in after


def test_a_wrong_load_is_refused_and_changes_nothing(http: httpx.Client) -> None:
    twice = [{"vote": "a", "identity": "x", "stake": 1, "fees_lamports": 1}] * 2
    refused = http.post("/control/solana", json={"epoch": 842, "validators": twice})
    assert refused.status_code == 400
    assert refused.json() == {"error": "one vote account occurs twice"}
    assert _result(http, "getEpochSchedule")["slotsPerEpoch"] == 96


def test_the_real_block_rewards_of_epoch_842_come_back_exactly(
    http: httpx.Client, shared_data: Path
) -> None:
    path = shared_data / "validator/solana/doublezero/earnings_epoch842.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = {
        row["pubkey"]: to_native(Decimal(row["block_rewards"]), SOL_DECIMALS) for row in rows
    }
    validators = [
        {
            "vote": row["votekey"],
            "identity": row["pubkey"],
            "stake": to_native(Decimal(row["stake"]), SOL_DECIMALS),
            "fees_lamports": expected[row["pubkey"]],
        }
        for row in rows
    ]
    assert len(validators) == 986
    loaded = http.post("/control/solana", json={"epoch": 842, "validators": validators})
    assert loaded.status_code == 200, loaded.text
    first = 842 * 432_000
    schedule = _result(http, "getLeaderSchedule", first)
    indexes = [index for identity in expected for index in schedule[identity]]
    assert len(indexes) == 986 * 4
    assert _fees(http, first, indexes) == {key: fees for key, fees in expected.items() if fees}
