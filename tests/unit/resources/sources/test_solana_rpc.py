"""Solana JSON-RPC: envelopes, codes, batches and the fields that are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cdp_assets.errors import (
    InvalidSourceResponse,
    PermanentFailure,
    SourceUnavailable,
    TransientFailure,
)
from resources.http.http_client import HttpClient
from resources.http.retry import RetryPolicy
from resources.sources.json_rpc import RpcResult, read_envelope
from resources.sources.solana.solana_responses import (
    Block,
    EpochSchedule,
    SkippedSlot,
    failure_of,
    read_leader_schedule,
    read_slots,
    read_vote_accounts,
)
from resources.sources.solana.solana_rpc import LARGEST_RANGE_SLOTS, SolanaRpc

Answer = Callable[[dict[str, Any]], Any]


def node(answer: Answer, *, batch_size: int = 1, tries: int = 2) -> SolanaRpc:
    """A client whose node answers each question by ``answer``; its requests are kept."""
    asked: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        document = json.loads(request.content)
        asked.append(document)
        if isinstance(document, list):
            return httpx.Response(200, json=[answer(question) for question in document][::-1])
        return httpx.Response(200, json=answer(document))

    http = HttpClient(
        "solana_rpc",
        "http://node.test/token",
        policy=RetryPolicy(tries=tries, sleep=lambda _: None),
        transport=httpx.MockTransport(handler),
    )
    rpc = SolanaRpc(http, batch_size=batch_size)
    rpc.asked = asked  # type: ignore[attr-defined]
    return rpc


def result(value: Any) -> Answer:
    return lambda question: {"jsonrpc": "2.0", "id": question["id"], "result": value}


def error(code: int) -> Answer:
    return lambda question: {
        "jsonrpc": "2.0",
        "id": question["id"],
        "error": {"code": code, "message": "because"},
    }


def block(slot: int, rewards: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    fee = {"pubkey": "leader", "lamports": 5000, "rewardType": "Fee", "commission": None}
    return {
        "blockHeight": slot - 2,
        "blockTime": 1_700_000_000,
        "parentSlot": slot - 1,
        "rewards": [fee] if rewards is None else rewards,
        **changes,
    }


def test_the_methods_send_what_the_protocol_says() -> None:
    rpc = node(result(None), tries=1)
    rpc.epoch_info()
    rpc.epoch_schedule()
    rpc.leader_schedule(432_000)
    rpc.vote_accounts()
    rpc.produced_slots(1, 9)
    rpc.blocks([7])
    sent = [(q["method"], q["params"]) for q in rpc.asked]  # type: ignore[attr-defined]
    assert sent == [
        ("getEpochInfo", [{"commitment": "finalized"}]),
        ("getEpochSchedule", []),
        ("getLeaderSchedule", [432_000]),
        ("getVoteAccounts", [{"commitment": "finalized", "keepUnstakedDelinquents": True}]),
        ("getBlocks", [1, 9]),
        (
            "getBlock",
            [
                7,
                {
                    "commitment": "finalized",
                    "maxSupportedTransactionVersion": 0,
                    "rewards": True,
                    "transactionDetails": "none",
                },
            ],
        ),
    ]


def test_amounts_beyond_a_double_come_through_exactly() -> None:
    lamports = 2**63 - 1
    reward = {"pubkey": "leader", "lamports": lamports, "rewardType": "Fee"}
    found = node(result(block(7, [reward]))).blocks([7]).value()[7]
    assert isinstance(found, Block)
    assert found.fee_rewards == (("leader", lamports),)


def test_a_batch_is_joined_by_id_in_whatever_order_it_comes() -> None:
    def answer(question: dict[str, Any]) -> dict[str, Any]:
        slot = question["params"][0]
        return {"jsonrpc": "2.0", "id": question["id"], "result": block(slot)}

    reply = node(answer, batch_size=3).blocks([5, 6, 8])
    assert {slot: b.parent_slot for slot, b in reply.value().items()} == {5: 4, 6: 5, 8: 7}  # type: ignore[union-attr]
    assert len(reply.responses) == 1


def test_a_batch_that_lacks_a_member_is_partial_and_tried_again() -> None:
    rpc = node(result(block(5)), batch_size=2)
    rpc.http._client = httpx.Client(  # type: ignore[attr-defined]
        transport=httpx.MockTransport(
            lambda _: httpx.Response(
                200, json=[{"jsonrpc": "2.0", "id": "getBlock:5", "result": block(5)}]
            )
        )
    )
    reply = rpc.blocks([5, 6])
    assert [a.is_complete for a in reply.responses] == [False, False]
    with pytest.raises(TransientFailure, match="missing getBlock:6"):
        reply.value()


def test_an_answer_to_another_question_is_not_taken() -> None:
    reply = node(lambda q: {"jsonrpc": "2.0", "id": "getBlock:9", "result": block(9)}).blocks([7])
    with pytest.raises(TransientFailure, match="missing getBlock:7"):
        reply.value()


@pytest.mark.parametrize("code", [-32004, -32005, -32014, -32016, -32017])
def test_codes_that_may_pass_are_tried_again(code: int) -> None:
    reply = node(error(code), tries=3).blocks([7])
    assert len(reply.responses) == 3
    with pytest.raises(TransientFailure, match=str(code)):
        reply.value()


@pytest.mark.parametrize(
    "code", [-32001, -32010, -32011, -32015, -32018, -32019, -32602, -32601, -32600]
)
def test_other_codes_are_refusals_with_a_hint(code: int) -> None:
    reply = node(error(code), tries=3).epoch_info()
    assert len(reply.responses) == 1
    with pytest.raises(PermanentFailure, match=str(code)) as caught:
        reply.value()
    assert caught.value.hint


@pytest.mark.parametrize("code", [-32007, -32009])
def test_a_skipped_slot_is_an_answer_for_a_block(code: int) -> None:
    reply = node(error(code)).blocks([7])
    assert reply.value() == {7: SkippedSlot(7, code)}
    assert reply.responses[0].is_complete


def test_a_skipped_slot_is_no_answer_for_another_method() -> None:
    with pytest.raises(PermanentFailure):
        node(error(-32007)).epoch_info().value()


def test_a_batch_with_one_code_that_may_pass_is_tried_again_as_a_whole() -> None:
    def answer(question: dict[str, Any]) -> Any:
        slot = question["params"][0]
        return error(-32004)(question) if slot == 6 else result(block(slot))(question)

    reply = node(answer, batch_size=2).blocks([5, 6])
    assert len(reply.responses) == 2
    with pytest.raises(TransientFailure):
        reply.value()


def test_the_epoch_schedule_is_read_field_by_field() -> None:
    fields = {
        "slotsPerEpoch": 8192,
        "leaderScheduleSlotOffset": 8192,
        "warmup": True,
        "firstNormalEpoch": 8,
        "firstNormalSlot": 8160,
    }
    assert node(result(fields)).epoch_schedule().value() == EpochSchedule(8192, 8192, True, 8, 8160)


@pytest.mark.parametrize(
    "rewards",
    [
        pytest.param(None, id="no list"),
        pytest.param([{"pubkey": "a", "rewardType": "Fee"}], id="no amount"),
        pytest.param([{"pubkey": "a", "lamports": 1.5, "rewardType": "Fee"}], id="a real amount"),
        pytest.param([{"pubkey": "a", "lamports": "5", "rewardType": "Fee"}], id="a text amount"),
        pytest.param([{"pubkey": "a", "lamports": True, "rewardType": "Fee"}], id="a truth value"),
        pytest.param([{"pubkey": "a", "lamports": -5, "rewardType": "Fee"}], id="negative"),
        pytest.param([{"pubkey": None, "lamports": 5, "rewardType": "Fee"}], id="nobody"),
        pytest.param([{"pubkey": "a", "lamports": 5}], id="no type"),
        pytest.param([{"pubkey": "a", "lamports": 5, "rewardType": "Fee"}] * 2, id="paid twice"),
    ],
)
def test_rewards_of_a_wrong_shape_never_become_numbers(rewards: Any) -> None:
    wrong = {**block(7), "rewards": rewards}
    with pytest.raises(InvalidSourceResponse):
        node(result(wrong)).blocks([7]).value()


def test_only_rewards_of_type_fee_count() -> None:
    rewards = [
        {"pubkey": "v", "lamports": 9, "rewardType": "Voting", "commission": 5},
        {"pubkey": "r", "lamports": -3, "rewardType": "Rent"},
        {"pubkey": "l", "lamports": 4, "rewardType": "Fee"},
        {"pubkey": "x", "lamports": 1, "rewardType": None},
    ]
    found = node(result(block(7, rewards))).blocks([7]).value()[7]
    assert isinstance(found, Block)
    assert found.fee_rewards == (("l", 4),)


def test_an_unknown_leader_schedule_is_a_refusal_that_names_the_way_out() -> None:
    with pytest.raises(PermanentFailure) as caught:
        node(result(None)).leader_schedule(0).value()
    assert "archive node" in str(caught.value)


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param([], id="a list"),
        pytest.param({"a": 1}, id="no list of slots"),
        pytest.param({"a": [-1]}, id="a negative slot"),
        pytest.param({"a": [1.0]}, id="a real slot"),
        pytest.param({"a": [1], "b": [1]}, id="one slot twice"),
        pytest.param({"": [1]}, id="nobody"),
    ],
)
def test_a_leader_schedule_of_a_wrong_shape_is_refused(schedule: Any) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_leader_schedule(schedule)


@pytest.mark.parametrize("slots", [[3, 2], [2, 2], [0, 1], [9, 11], ["1"], None, {"1": 1}])
def test_produced_slots_out_of_order_or_range_are_refused(slots: Any) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_slots(slots, 1, 10)


def test_vote_accounts_join_current_and_delinquent() -> None:
    row = {"votePubkey": "v1", "nodePubkey": "i1", "activatedStake": 13_799_465_812_129_627}
    late = {"votePubkey": "v0", "nodePubkey": "i0", "activatedStake": 0}
    found = read_vote_accounts({"current": [row], "delinquent": [late]})
    assert [(a.vote, a.identity, a.activated_stake, a.is_delinquent) for a in found] == [
        ("v0", "i0", 0, True),
        ("v1", "i1", 13_799_465_812_129_627, False),
    ]
    with pytest.raises(InvalidSourceResponse, match="twice"):
        read_vote_accounts({"current": [row, row], "delinquent": []})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"id":"q"}', b'{"id":"q","error":"oops"}', b'{"id":"q","result":1,'],
)
def test_what_is_no_json_rpc_answer_may_pass(body: bytes) -> None:
    http = HttpClient(
        "solana_rpc",
        "http://node.test",
        policy=RetryPolicy(tries=2, sleep=lambda _: None),
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)),
    )
    reply = SolanaRpc(http).epoch_info()
    assert [a.is_complete for a in reply.responses] == [False, False]
    with pytest.raises(TransientFailure):
        reply.value()


def test_ranges_and_batches_beyond_the_limit_are_errors_of_ours() -> None:
    rpc = node(result([]), batch_size=2)
    with pytest.raises(ValueError, match="range"):
        rpc.produced_slots(0, LARGEST_RANGE_SLOTS)
    with pytest.raises(ValueError, match="slots at once"):
        rpc.blocks([1, 2, 3])
    with pytest.raises(ValueError, match="slots at once"):
        rpc.blocks([])
    with pytest.raises(ValueError, match="batch"):
        SolanaRpc(rpc.http, batch_size=0)


@pytest.mark.parametrize(
    ("code", "message", "is_transient"),
    [
        (429, "x", True),
        (-32429, "rate limited", True),
        (-32603, "too many requests", True),
        (-32603, "Internal error", False),
    ],
)
def test_a_rate_limit_in_a_body_of_200_is_transient(
    code: int, message: str, is_transient: bool
) -> None:
    member = RpcResult("getBlock:5", None, code, message)
    failure = failure_of(member)
    assert isinstance(failure, SourceUnavailable) is is_transient
    assert isinstance(failure, PermanentFailure) is not is_transient


@pytest.mark.parametrize(
    "error",
    [
        {"code": "429", "message": "slow down"},
        "rate limit exceeded",
        {"code": -32603, "message": "internal", "data": {"status": 429}},
        {"statusCode": 429},
    ],
    ids=str,
)
def test_a_rate_limit_of_a_service_before_the_node_is_transient_in_any_form(error: object) -> None:
    (member,) = read_envelope(json.dumps({"id": "getBlock:5", "error": error}).encode())
    assert isinstance(failure_of(member), SourceUnavailable)
