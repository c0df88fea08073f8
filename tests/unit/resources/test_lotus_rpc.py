"""Batches of a Lotus node: a member may fail, a batch may not be partial."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cdp_assets.errors import BadSourceAnswer
from resources.http_client import HttpClient
from resources.lotus_rpc import LotusRpc, read_client_status, read_miner_info
from resources.retry import RetryPolicy


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
        ([{"id": "f01", "result": {}}], "a partial answer: 1 of 2"),
        ({"error": {"message": "batch too large"}}, "refuses the batch: the node says: batch"),
        ({"id": 1}, "no JSON-RPC batch"),
        ("x", "no JSON-RPC batch"),
    ],
)
def test_an_answer_that_is_no_whole_batch_is_refused(answer: Any, why: str) -> None:
    with pytest.raises(BadSourceAnswer, match=why):
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
        "f02": "the node says: actor not found",
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


def test_an_address_that_is_no_ascii_is_left_out() -> None:
    answer = [{"id": "f01", "result": {"PeerId": "p", "Multiaddrs": ["\u00e9", "BAECAwQGXkE="]}}]
    read = read_miner_info(json.dumps(answer).encode(), ["f01"])
    assert read.values["f01"].multiaddrs == ("/ip4/1.2.3.4/tcp/24129",)
