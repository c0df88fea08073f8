"""The URL finder's answers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from cdp_assets.errors import InvalidSourceResponse, TransientFailure
from resources.http.http_client import HttpClient
from resources.http.response_validation import EndpointNotFound
from resources.http.retry import RetryPolicy
from resources.sources.url_finder import (
    PairFound,
    Retrievability,
    UrlFinder,
    read_bulk,
    read_provider_client,
)


def finder(status: int, body: Any, seen: list[httpx.Request] | None = None) -> UrlFinder:
    text = body if isinstance(body, str) else json.dumps(body)

    def handler(request: httpx.Request) -> httpx.Response:
        (seen if seen is not None else []).append(request)
        return httpx.Response(status, text=text)

    return UrlFinder(
        HttpClient(
            "url_finder",
            "http://finder.test",
            policy=RetryPolicy(tries=2, sleep=lambda _: None),
            transport=httpx.MockTransport(handler),
        )
    )


def row(provider: str, percent: Any, **more: Any) -> dict[str, Any]:
    return {"provider_id": provider, "retrievability_percent": percent, **more}


def pair(url: Any, percent: Any = 1, **more: Any) -> dict[str, Any]:
    return {"working_url": url, **row("f01", percent, client_id="f07"), **more}


def test_the_two_calls_ask_as_the_service_expects() -> None:
    seen: list[httpx.Request] = []
    finder(200, {"providers": [row("f01", 1)]}, seen).fetch_bulk(["f01"])
    finder(200, pair(None), seen).fetch_provider_client("f01", "f07")
    assert [(r.method, str(r.url), r.content) for r in seen] == [
        (
            "POST",
            "http://finder.test/providers/bulk?extended=true",
            b'{"provider_ids":["f01"]}',
        ),
        ("GET", "http://finder.test/providers/f01/clients/f07?extended=true", b""),
    ]


@pytest.mark.parametrize("body", [{}, {"detail": "Not Found"}, {"error_code": "NoRoute"}])
def test_a_404_that_does_not_say_not_known_is_a_failure(body: dict[str, str]) -> None:
    outcome = finder(404, body).fetch_provider_client("f01", "f07")
    assert [answer.is_complete for answer in outcome.responses] == [False]
    with pytest.raises(EndpointNotFound):
        outcome.usable()


def test_a_percentage_keeps_its_digits() -> None:
    answer = finder(200, '{"working_url":null,"retrievability_percent":87.310}')
    response = answer.fetch_provider_client("f01", "f07").usable()
    found = read_provider_client(response, "f01", "f07")
    assert str(found) == str(PairFound(None, Decimal("87.310")))


@pytest.mark.parametrize("percent", [-0.01, 100.01, 250, "87", True, [], {"a": 1}])
def test_a_percentage_that_is_none_never_becomes_a_number(percent: Any) -> None:
    outcome = finder(200, pair(None, percent)).fetch_provider_client("f01", "f07")
    assert [a.is_complete for a in outcome.responses] == [False, False]
    with pytest.raises(InvalidSourceResponse, match="retrievability_percent"):
        outcome.usable()


@pytest.mark.parametrize("percent", [0, 100, 0.0, 100.0])
def test_the_ends_of_the_range_are_percentages(percent: float) -> None:
    outcome = finder(200, pair(None, percent)).fetch_provider_client("f01", "f07")
    found = read_provider_client(outcome.usable(), "f01", "f07")
    assert found is not None
    assert found.retrievability_percent == percent


def test_a_bulk_answer_leaves_unknown_providers_out() -> None:
    body = {"providers": [row("f03", 3), row("f01", None)], "not_found": ["f02"]}
    asked = ["f01", "f02", "f03"]
    found = read_bulk(finder(200, body).fetch_bulk(asked).usable(), asked)
    assert list(found.found.values()) == [
        Retrievability("f01", None),
        Retrievability("f03", Decimal(3)),
    ]
    assert found.unreadable == {}


def test_a_figure_that_is_none_costs_only_its_own_provider() -> None:
    asked = ["f01", "f02", "f03", "f04"]
    body = {
        "providers": [
            row("f01", 100.5),
            row("f02", 50),
            row("f03", 1),
            row("f03", 2),
            row("f04", "7"),
        ]
    }
    outcome = finder(200, body).fetch_bulk(asked)
    assert len(outcome.responses) == 1
    read = read_bulk(outcome.usable(), asked)
    assert read.found == {"f02": Retrievability("f02", Decimal(50))}
    assert read.unreadable == {
        "f01": "retrievability_percent is 100.5, not 0 to 100",
        "f03": "the response has two values for one provider",
        "f04": "retrievability_percent is '7'",
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({"providers": [row("f01", 1)]}, "partial", id="one is missing"),
        pytest.param(
            {"providers": [row("f01", 1), row("f09", 1)], "not_found": ["f02"]},
            "not requested",
            id="one was not asked for",
        ),
        pytest.param({"not_found": ["f01", "f02"]}, "list of providers", id="no list"),
        pytest.param([], "no JSON object", id="no object"),
    ],
)
def test_a_bulk_answer_that_is_not_whole_is_refused(body: Any, why: str) -> None:
    with pytest.raises(InvalidSourceResponse, match=why):
        finder(200, body).fetch_bulk(["f01", "f02"]).usable()


def test_a_repeated_equal_row_does_no_harm() -> None:
    body = {"providers": [row("f01", 1), row("f01", 1)]}
    assert list(read_bulk(finder(200, body).fetch_bulk(["f01"]).usable(), ["f01"]).found) == ["f01"]


def test_the_figure_of_the_whole_provider_wins_over_that_of_one_client() -> None:
    body = {"providers": [row("f01", 9, client_id="f07"), row("f01", 1, client_id=None)]}
    found = read_bulk(finder(200, body).fetch_bulk(["f01"]).usable(), ["f01"])
    assert found.found == {"f01": Retrievability("f01", Decimal(1))}


def test_malformed_json_may_pass() -> None:
    with pytest.raises(TransientFailure, match="malformed"):
        finder(200, '{"providers":[').fetch_bulk(["f01"]).usable()


@pytest.mark.parametrize("count", [0, 101])
def test_a_bulk_call_has_one_to_a_hundred_providers(count: int) -> None:
    with pytest.raises(ValueError, match="providers at once"):
        finder(200, {}).fetch_bulk([f"f0{n}" for n in range(count)])


URL = "https://pieces.example:8443/piece/baga?x=1"
LONGEST = "http://a.example/" + "p" * (2_048 - 17)


@pytest.mark.parametrize(
    ("url", "percent", "found"),
    [
        (URL, 87.31, PairFound(URL, Decimal("87.31"))),
        (LONGEST, 100, PairFound(LONGEST, Decimal(100))),
        (None, 0, PairFound(None, Decimal(0))),
        (None, None, PairFound(None, None)),
    ],
    ids=["both", "the longest", "none found", "nothing measured"],
)
def test_a_pair_has_an_address_or_none(url: str | None, percent: Any, found: PairFound) -> None:
    outcome = finder(200, pair(url, percent)).fetch_provider_client("f01", "f07")
    assert read_provider_client(outcome.usable(), "f01", "f07") == found


def test_a_pair_that_is_not_known_is_no_failure() -> None:
    outcome = finder(404, {"error_code": "NotFound"}).fetch_provider_client("f01", "f07")
    assert [answer.is_complete for answer in outcome.responses] == [True]
    assert read_provider_client(outcome.usable(), "f01", "f07") is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (pair(URL, provider_id="f02"), "about 'f02'"),
        (pair(URL, client_id="f08"), "about 'f08'"),
        (pair(URL, client_id=None), "about 'None'"),
        (row("f01", 1, client_id="f07"), "no working_url"),
        (pair(URL, 100.5), "not 0 to 100"),
        ([], "no JSON object"),
    ],
)
def test_an_answer_that_is_not_about_the_pair_is_refused(body: Any, why: str) -> None:
    outcome = finder(200, body).fetch_provider_client("f01", "f07")
    assert [answer.is_complete for answer in outcome.responses] == [False, False]
    with pytest.raises(InvalidSourceResponse, match=why):
        outcome.usable()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "f01",
        "ftp://a.example/x",
        "javascript:alert(1)",
        "http://",
        "http:///piece",
        "//a/b",
        "http://a.example:port/",
        "http://[::1/x",
        "http://a.example/a b",
        "http://a.example/\n",
        "http://a.example/\u0000",
        "http://a.example/\ud800",
        LONGEST + "p",
        7,
        True,
        [URL],
    ],
)
def test_what_is_no_web_address_never_becomes_one(url: Any) -> None:
    with pytest.raises(InvalidSourceResponse, match="no http"):
        finder(200, pair(url)).fetch_provider_client("f01", "f07").usable()
