"""Which errors in a body of status 200 report a rate limit, as nodes and services word them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdp_assets.errors import SourceUnavailable
from resources.http.rate_limit import rate_limit_in, rate_limit_of

LIMITS: list[Any] = [
    {"code": -32603, "message": "HTTP status code 429"},
    {"code": -32603, "message": "HTTP 429"},
    {"code": -32603, "message": "status: 429"},
    {"code": -32603, "message": "429 Too Many"},
    {"code": -32603, "message": "internal", "data": {"status": 429}},
    {"code": -32603, "message": "exceeded the RPS"},
    {"code": -32603, "message": "RPS limit of your plan exceeded"},
    {"code": "429", "message": "slow down"},
    {"code": -32005, "message": "limit exceeded"},
    {"code": -32005, "message": "Limit exceeded"},
    {"code": -32005, "message": "project ID request rate exceeded"},
    {"code": -32005, "message": "daily request count exceeded"},
    {"statusCode": 429},
    "rate limit exceeded",
]
OTHERS: list[Any] = [
    None,
    5,
    {},
    {"code": -32000, "message": "execution reverted: daily quota exceeded"},
    {"code": 3, "message": "execution reverted: rate limit"},
    {"code": 3, "message": "message execution failed (revert reason=[too many requests])"},
    {"code": -32603, "message": "height limit exceeded"},
    {"code": -32603, "message": "limit exceeded"},
    {"code": -32005, "message": "Node is behind by 429 slots"},
    {"code": -32005, "message": "block range limit exceeded"},
    {"code": -32603, "message": "f0429 is unknown"},
    {"code": -32603, "message": "sector 429 is faulty"},
    {"code": True, "data": {"status": "4290"}},
    {"code": {"a": 1}, "data": [429]},
]


@pytest.mark.parametrize("error", LIMITS, ids=str)
def test_a_rate_limit_is_recognised_in_every_wording(error: Any) -> None:
    assert isinstance(rate_limit_of(error), SourceUnavailable)
    assert isinstance(rate_limit_in(json.dumps({"error": error}).encode()), SourceUnavailable)
    if isinstance(error, dict):
        assert isinstance(rate_limit_in(json.dumps(error).encode()), SourceUnavailable)


@pytest.mark.parametrize("error", OTHERS, ids=str)
def test_another_error_and_a_contracts_own_words_are_no_rate_limit(error: Any) -> None:
    assert rate_limit_of(error) is None
    assert rate_limit_in(json.dumps({"error": error}).encode()) is None


def test_a_service_that_numbers_its_errors_may_call_a_rate_limit_three() -> None:
    body = b'{"code": 3, "message": "Too many requests"}'
    assert isinstance(rate_limit_in(body), SourceUnavailable)
