"""The HTTP client: what it keeps, what it tries again, what it never shows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from cdp_assets.errors import (
    BadConfiguration,
    InvalidSourceResponse,
    PermanentFailure,
    SourceUnavailable,
    TransientFailure,
)
from resources.http.circuit_breaker import CONSECUTIVE_FAILURES, CircuitBreaker, CircuitOpen
from resources.http.credential import Credential
from resources.http.http_client import HttpClient, Request
from resources.http.response_validation import validate_by
from resources.http.retry import RATE_LIMIT_SECONDS, RetryPolicy
from resources.http.token_bucket import TokenBucket
from resources.postgres.ops_status import SourceHealth

TOKEN = "s3cr3t-canary-token"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALL = Request(name="question", path="/things/1", query={"b": "2", "a": "1"})


def client(
    handler: Callable[[httpx.Request], httpx.Response],
    *,
    tries: int = 3,
    health: list[SourceHealth] | None = None,
    url: str = f"https://example.test/{TOKEN}/rpc?api-key={TOKEN}",
    **options: Any,
) -> HttpClient:
    slept: list[float] = []
    made = HttpClient(
        "source",
        SecretStr(url),
        policy=RetryPolicy(tries=tries, sleep=slept.append),
        transport=httpx.MockTransport(handler),
        report=(health if health is not None else []).append,
        now=lambda: NOW,
        **options,
    )
    made.slept = slept  # type: ignore[attr-defined]
    return made


def answers(*responses: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    left = list(responses)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def test_a_good_answer_is_kept_as_received() -> None:
    outcome = client(answers(httpx.Response(200, content=b'{ "a": 1.00 }'))).send(CALL)
    answer = outcome.usable()
    assert (answer.body, answer.http_status, answer.is_complete) == (b'{ "a": 1.00 }', 200, True)
    assert answer.fetched_at == NOW
    assert outcome.responses == (answer,)


def test_path_and_query_are_joined_to_the_configured_address() -> None:
    seen: list[httpx.URL] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, json={})

    client(handler, url="https://h.test/v1/?key=k").send(CALL)
    assert seen[0].path == "/v1/things/1"
    assert dict(seen[0].params) == {"key": "k", "a": "1", "b": "2"}


def test_every_answer_is_kept_also_those_that_were_tried_again() -> None:
    handler = answers(
        httpx.Response(503, content=b"busy"),
        httpx.Response(200, content=b'{"a":'),
        httpx.Response(200, content=b"{}"),
    )
    outcome = client(handler).send(CALL)
    assert [(a.http_status, a.body, a.is_complete) for a in outcome.responses] == [
        (503, b"busy", False),
        (200, b'{"a":', False),
        (200, b"{}", True),
    ]
    assert outcome.usable().body == b"{}"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_tried_until_the_tries_are_used_up(status: int) -> None:
    outcome = client(answers(httpx.Response(status, text="x"))).send(CALL)
    assert len(outcome.responses) == 3
    with pytest.raises(SourceUnavailable, match=str(status)):
        outcome.usable()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 422])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    outcome = client(answers(httpx.Response(status, text="{}"))).send(CALL)
    assert len(outcome.responses) == 1
    assert not outcome.responses[0].is_complete
    with pytest.raises(PermanentFailure) as caught:
        outcome.usable()
    assert caught.value.hint


def test_an_accepted_404_is_an_answer() -> None:
    call = Request(name="q", accepted=frozenset({404}))
    answer = client(answers(httpx.Response(404, json={"error": "unknown"}))).send(call).usable()
    assert (answer.http_status, answer.is_complete) == (404, True)


def test_the_wait_that_the_source_asks_for_is_kept() -> None:
    made = client(
        answers(httpx.Response(429, headers={"retry-after": "11"}), httpx.Response(200, text="1"))
    )
    made.send(CALL).usable()
    assert made.slept == [11.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, UnicodeError]
)
def test_a_connection_that_fails_is_tried_again_and_leaves_no_answer(
    error: type[Exception],
) -> None:
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        raise error(f"cannot reach {request.url}")

    outcome = client(handler).send(CALL)
    assert (len(calls), outcome.responses) == (3, ())
    with pytest.raises(SourceUnavailable, match=error.__name__):
        outcome.usable()


def test_a_body_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    class BrokenStream(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield b'{"half":'
            raise httpx.RemoteProtocolError("peer closed connection")

    outcome = client(lambda _: httpx.Response(200, stream=BrokenStream()), tries=1).send(CALL)
    assert [(a.body, a.is_complete) for a in outcome.responses] == [(b'{"half":', False)]
    with pytest.raises(TransientFailure, match="broke off after 8 bytes"):
        outcome.usable()


def test_an_answer_without_end_is_cut() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            while True:
                yield b" " * 1024**2

    outcome = client(lambda _: httpx.Response(200, stream=Endless()), tries=1).send(CALL)
    with pytest.raises(TransientFailure, match="exceeds"):
        outcome.usable()


def test_an_answer_that_stays_wrong_is_tried_again_and_then_refused_for_good() -> None:
    def read(body: bytes) -> None:
        raise InvalidSourceResponse("has no amount", key="f01")

    made = client(answers(httpx.Response(200, text="{}")))
    outcome = made.send(CALL, validate_by(read))
    assert [a.is_complete for a in outcome.responses] == [False] * 3
    with pytest.raises(InvalidSourceResponse, match="f01: has no amount"):
        outcome.usable()


def test_the_hash_leaves_volatile_parts_out_and_the_fingerprint_names_the_question() -> None:
    handler = answers(
        httpx.Response(200, content=b'{"a":1,"now":1}'),
        httpx.Response(200, content=b'{"now":2,"a":1}'),
    )
    made = client(handler, volatile=(("now",),))
    first, second = made.send(CALL).usable(), made.send(CALL).usable()
    assert first.response_hash == second.response_hash
    assert first.request_fingerprint == second.request_fingerprint
    assert first.request_fingerprint.startswith("question ")
    other = made.send(Request(name="question", path="/things/2", query=CALL.query)).usable()
    assert other.request_fingerprint != first.request_fingerprint


def test_the_fingerprint_does_not_depend_on_address_or_credential() -> None:
    handler = answers(httpx.Response(200, text="{}"))
    one = client(handler).send(CALL).usable()
    other = (
        client(handler, url="http://elsewhere.test", headers={"token": SecretStr("abcdefgh")})
        .send(CALL)
        .usable()
    )
    assert one.request_fingerprint == other.request_fingerprint


def test_no_credential_is_in_errors_health_fingerprints_or_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    health: list[SourceHealth] = []

    def echoing(body: bytes) -> None:
        raise InvalidSourceResponse(f"https://example.test/{TOKEN} answered {body.decode()}")

    made = client(
        answers(httpx.Response(200, text=f'"{TOKEN}"')),
        health=health,
        headers={"authorization": SecretStr(f"Bearer {TOKEN}")},
    )
    wrong = made.send(CALL, validate_by(echoing))
    refused = client(answers(httpx.Response(403, text=TOKEN)), health=health).send(CALL)

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(str(request.url))

    down = client(unreachable, health=health).send(CALL)
    failures = [o.failure for o in (wrong, refused, down)]
    shown = [
        *(f"{f} {f!r} {f.args} {f.__cause__}" for f in failures if f),
        *(str(h) for h in health),
        *(a.request_fingerprint for o in (wrong, refused) for a in o.responses),
        repr(made.__dict__["policy"]),
        caplog.text,
    ]
    assert len(failures) == 3
    assert not [text for text in shown if TOKEN in text]


def test_a_wrong_address_is_refused_without_showing_it() -> None:
    with pytest.raises(BadConfiguration) as caught:
        HttpClient("source", SecretStr(f"ftp://{TOKEN}"))
    assert TOKEN not in str(caught.value)


def test_health_is_told_after_every_request() -> None:
    health: list[SourceHealth] = []
    client(answers(httpx.Response(500), httpx.Response(200, text="{}")), health=health).send(CALL)
    assert [(h.source, h.ok, h.breaker) for h in health] == [
        ("source", False, "closed"),
        ("source", True, "closed"),
    ]
    assert health[0].error_message is not None
    assert "500" in health[0].error_message


def test_an_open_breaker_refuses_a_new_call_without_asking() -> None:
    calls: list[int] = []
    health: list[SourceHealth] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(503)

    breaker = CircuitBreaker("source", monotonic=lambda: 0.0)
    made = client(handler, tries=2, breaker=breaker, health=health, pauses=3)
    for _ in range(CONSECUTIVE_FAILURES):
        made.send(CALL)
    outcome = made.send(CALL)
    assert len(calls) == 2 * CONSECUTIVE_FAILURES
    assert [h.breaker for h in health] == ["closed"] * 9 + ["open"]
    assert len(made.slept) == CONSECUTIVE_FAILURES  # type: ignore[attr-defined]
    with pytest.raises(CircuitOpen):
        outcome.usable()


def test_one_question_that_always_fails_does_not_stop_the_others() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500 if request.url.path.endswith("bad") else 200, text="{}")

    made = client(handler, tries=6)
    paths = ["/1", "/bad", "/2", "/3", "/bad", "/bad", "/4"]
    outcomes = [made.send(Request(name="q", path=path)) for path in paths]
    assert [len(outcome.responses) for outcome in outcomes] == [1, 6, 1, 1, 6, 6, 1]
    assert [outcome.failure is None for outcome in outcomes] == [p != "/bad" for p in paths]


def test_answers_with_wrong_content_do_not_open_the_breaker() -> None:
    def read(body: bytes) -> None:
        raise InvalidSourceResponse("has no amount")

    made = client(answers(httpx.Response(200, text="{}")), tries=6)
    for _ in range(CONSECUTIVE_FAILURES + 1):
        assert len(made.send(CALL, validate_by(read)).responses) == 6
    assert made.breaker.state == "closed"


def test_each_credential_is_paced_by_itself() -> None:
    slept: list[float] = []
    bucket = TokenBucket(1.0, 1, monotonic=lambda: 0.0, sleep=slept.append)
    made = client(answers(httpx.Response(200, text="{}")), bucket=bucket)
    for name in ("one", "other", "one"):
        made.send(Request("q", credential=Credential(name)))
    assert slept == [1.0]


class Outage:
    """A client with a clock of its own, and a source that is down for a while."""

    def __init__(self, down_from: int, down_until: int, *, pauses: int, tries: int = 1) -> None:
        self.seconds, self.requests = 0.0, 0
        self.slept: list[float] = []
        self.down = range(down_from, down_until)
        self.http = HttpClient(
            "source",
            "http://example.test",
            policy=RetryPolicy(tries=tries, uniform=lambda low, high: low, sleep=self.sleep),
            breaker=CircuitBreaker("source", monotonic=lambda: self.seconds),
            pauses=pauses,
            transport=httpx.MockTransport(self.answer),
        )

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)
        self.seconds += duration

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        return httpx.Response(503 if self.requests in self.down else 200, text="1")


def test_an_open_breaker_of_a_source_that_answered_is_waited_out() -> None:
    outage = Outage(2, 8, pauses=3)
    failed = [outage.http.send(CALL).failure is not None for _ in range(10)]
    assert failed == [False, *[True] * 6, False, False, False]
    assert outage.slept == [60.0, 60.0]
    assert outage.http.breaker.state == "closed"


def test_waiting_has_an_end_and_a_source_that_never_answered_is_not_waited_for() -> None:
    lasting = Outage(2, 10_000, pauses=3)
    for _ in range(20):
        lasting.http.send(CALL)
    assert (lasting.slept, lasting.requests) == ([60.0] * 3, 1 + CONSECUTIVE_FAILURES + 3)
    never = Outage(1, 10_000, pauses=3)
    for _ in range(20):
        never.http.send(CALL)
    assert (never.slept, never.requests) == ([], CONSECUTIVE_FAILURES)


def test_a_try_waits_until_a_breaker_opened_by_other_calls_lets_a_probe_pass() -> None:
    outage = Outage(1, 2, pauses=0, tries=2)
    tell = outage.answer

    def meanwhile(request: httpx.Request) -> httpx.Response:
        if outage.requests == 0:
            for _ in range(CONSECUTIVE_FAILURES):
                outage.http.breaker.fail()
        return tell(request)

    outage.http._client = httpx.Client(transport=httpx.MockTransport(meanwhile))
    assert outage.http.send(CALL).usable().body == b"1"
    assert outage.slept == [60.0]
    assert outage.http.breaker.state == "closed"


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"retry-after": "45"}, "{}", 45.0),
        ({}, '{"message": "You have exceeded a secondary rate limit."}', RATE_LIMIT_SECONDS),
    ],
)
def test_a_403_that_is_a_rate_limit_is_waited_for(
    headers: dict[str, str], body: str, wait: float
) -> None:
    limited = httpx.Response(403, headers=headers, text=body)
    made = client(answers(limited, httpx.Response(200, text="1")))
    assert made.send(CALL).usable().body == b"1"
    assert made.slept == [wait]  # type: ignore[attr-defined]


def test_a_refusal_shows_that_the_source_is_up() -> None:
    made = client(answers(httpx.Response(404, text="{}")))
    for _ in range(6):
        made.send(CALL)
    assert made.breaker.state == "closed"
