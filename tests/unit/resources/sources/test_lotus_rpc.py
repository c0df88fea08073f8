"""Batches of a Lotus node: a member may fail, a batch may not be partial."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cdp_assets.errors import InvalidSourceResponse, SourceUnavailable
from resources.http.http_client import HttpClient
from resources.http.retry import RetryPolicy
from resources.sources.lotus_rpc import LotusRpc, read_client_status, read_miner_info


def node(answer: Any) -> LotusRpc:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=json.dumps(answer))

    policy = RetryPolicy(tries=2, sleep=lambda _: None)
    return LotusRpc(
        HttpClient(
            "lotus", "http://node.test", policy=policy, transport=httpx.MockTransport(handler)
        )
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([{"id": "f01", "result": {}}], "a partial response: 1 of 2"),
        ({"error": {"message": "batch too large"}}, "refuses the batch: the node reports: batch"),
        ({"id": 1}, "no JSON-RPC batch"),
        ("x", "no JSON-RPC batch"),
    ],
)
def test_an_answer_that_is_no_whole_batch_is_refused(answer: Any, why: str) -> None:
    with pytest.raises(InvalidSourceResponse, match=why):
        node(answer).miner_info(["f01", "f02"]).usable()


def test_each_member_is_a_value_or_a_reason() -> None:
    answer = [
        {"id": "f04", "result": {"PeerId": 5}},
        {"id": "f01", "result": {"PeerId": "", "Multiaddrs": ["BAECAwQGXkE=", "broken"]}},
        {"id": "f02", "error": {"message": "actor not found"}},
        {"id": "f03"},
    ]
    asked = ["f01", "f02", "f03", "f04"]
    read = read_miner_info(node(answer).miner_info(asked).usable().body, asked)
    assert read.values["f01"].peer_id is None
    assert read.values["f01"].multiaddrs == ("/ip4/1.2.3.4/tcp/24129",)
    assert read.failed == {
        "f02": "the node reports: actor not found",
        "f03": "the node gave no result",
        "f04": "PeerId or Multiaddrs is of another type",
    }


def test_the_datacap_left_is_an_integer_or_none() -> None:
    asked = ["f01", "f02", "f03"]
    answer = [
        {"id": "f01", "result": "1125899906842624"},
        {"id": "f02", "result": None},
        {"id": "f03", "result": 5.5},
    ]
    read = read_client_status(node(answer).client_status(asked).usable().body, asked)
    assert read.values == {"f01": 2**50, "f02": None}
    assert list(read.failed) == ["f03"]


@pytest.mark.parametrize(
    "error",
    [
        {"code": 429, "message": "Too Many Requests"},
        {"code": -32429, "message": "slow down"},
        {"code": -32603, "message": "Rate limit exceeded, retry in 10s"},
        "rate limit exceeded",
        {"code": -32005, "message": "daily request quota exceeded"},
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_rate_limit_in_a_body_of_200_is_tried_again_with_back_off(
    error: object, whole: bool
) -> None:
    """As the error of the whole answer, or of one member beside a good one."""
    good = [{"id": one, "result": None} for one in ("f01", "f02")]
    limited = {"error": error} if whole else [good[0], {"id": "f02", "error": error}]
    answers, waits = iter([limited, limited, good]), list[float]()
    policy = RetryPolicy(tries=3, uniform=lambda _, most: most, sleep=waits.append)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=next(answers)))
    rpc = LotusRpc(HttpClient("lotus", "http://node.test", policy=policy, transport=transport))
    outcome = rpc.peer_data(["f01", "f02"])
    assert outcome.failure is None
    assert [answer.is_complete for answer in outcome.responses] == [False, False, True]
    assert waits == [0.5, 1.0]


def test_a_rate_limit_that_stays_is_transient_and_other_errors_are_of_their_entity() -> None:
    error = {"code": -32603, "message": "too many requests"}
    outcome = node([{"id": "f01", "error": error}]).miner_info(["f01"])
    assert isinstance(outcome.failure, SourceUnavailable)
    for message in ("actor not found", "height limit exceeded", "f0429 is unknown"):
        answer = [{"id": "f01", "error": {"code": -32603, "message": message}}]
        assert node(answer).miner_info(["f01"]).failure is None


def test_a_batch_has_one_to_fifty_members() -> None:
    for count in (0, 51):
        with pytest.raises(ValueError, match="at once"):
            node([]).miner_info([f"f0{n}" for n in range(count)])


def test_members_that_answer_no_question_are_passed_over() -> None:
    answer = [
        {"jsonrpc": "2.0", "error": {"code": -32000, "message": "x"}},
        {"id": ["f01"], "result": "7"},
        "text",
        {"id": "f01", "result": "5"},
    ]
    read = read_client_status(node(answer).client_status(["f01"]).usable().body, ["f01"])
    assert (read.values, read.failed) == ({"f01": 5}, {})


@pytest.mark.parametrize("left", ["\u00b2", "9" * 5_000, "", "-", "1_0", "0x5"])
def test_a_datacap_that_is_no_number_is_a_reason(left: str) -> None:
    read = read_client_status(json.dumps([{"id": "f01", "result": left}]).encode(), ["f01"])
    assert read.values == {}
    assert read.failed["f01"].startswith("the datacap left is")


QM = "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC"


def test_what_of_an_answer_cannot_be_read_is_left_out_and_named() -> None:
    addresses = ["\u00e9", "BAECAwQGXkE=", 5]
    answer = [
        {"id": "f01", "result": {"PeerId": "somebody", "Multiaddrs": addresses}},
        {"id": "f02", "result": {"PeerId": f" /p2p/{QM}", "Multiaddrs": None}},
        {"id": "f03", "result": {"PeerId": None, "Multiaddrs": ""}},
    ]
    read = read_miner_info(json.dumps(answer).encode(), ["f01", "f02", "f03"])
    assert read.values["f01"].multiaddrs == ("/ip4/1.2.3.4/tcp/24129",)
    assert read.values["f01"].peer_id == "somebody"
    assert read.values["f02"].peer_id == QM
    assert read.faults == {
        "f01": "PeerId 'somebody' is no peer id (it is in no base that is known); "
        "address 1 of Multiaddrs: '\u00e9' is no base64; "
        "address 3 of Multiaddrs: '5' is no base64",
    }
    assert read.failed == {"f03": "PeerId or Multiaddrs is of another type"}
