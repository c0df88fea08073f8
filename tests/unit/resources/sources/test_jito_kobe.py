"""Jito's list of validators of an epoch."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cdp_assets.errors import InvalidSourceResponse
from resources.http.http_client import HttpClient
from resources.http.retry import RetryPolicy
from resources.sources.solana.jito_kobe import JitoKobe, KobeValidator, read_validators


def row(vote: Any, identity: Any, stake: Any = 5) -> dict[str, Any]:
    return {"vote_account": vote, "identity_account": identity, "active_stake": stake}


def body(*rows: Any) -> bytes:
    return json.dumps({"validators": list(rows)}).encode()


def test_the_epoch_is_asked_by_post() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=body(row("v", "i")))

    http = HttpClient(
        "jito_kobe",
        "http://kobe.test/api/v1",
        policy=RetryPolicy(tries=1),
        transport=httpx.MockTransport(handler),
    )
    reply = JitoKobe(http).validators(842)
    assert reply.value() == [KobeValidator("v", "i", 5, None, None)]
    assert (seen[0].url.path, json.loads(seen[0].content)) == (
        "/api/v1/validators",
        {"epoch": 842},
    )


def test_rows_without_a_key_are_left_out_and_no_stake_is_none() -> None:
    found = read_validators(body(row("v2", "i2", None), row(None, "i"), row("v1", None)))
    assert found == [KobeValidator("v2", "i2", 0, None, None)]


@pytest.mark.parametrize(
    "answer",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"validators":[1]}',
        body(row("v", 7)),
        body(row("v", "i", 1.5)),
        body(row("v", "i"), row("v", "j")),
    ],
)
def test_an_answer_of_a_wrong_shape_is_refused(answer: bytes) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_validators(answer)
