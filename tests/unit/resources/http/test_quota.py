"""Quotas told by answers: slow down below a tenth, wait or refuse at nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cdp_assets.errors import SourceUnavailable
from resources.http.circuit_breaker import CircuitBreaker
from resources.http.http_client import HttpClient, Request
from resources.http.quota import RateLimitThrottle, read_quota
from resources.http.retry import RetryPolicy
from resources.postgres.ops_status import SourceHealth

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def told(left: int, *, limit: int = 5_000, seconds: int = 1_800) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": str(int((NOW + timedelta(seconds=seconds)).timestamp())),
    }


def pace(**headers: str) -> tuple[RateLimitThrottle, list[float]]:
    slept: list[float] = []
    made = RateLimitThrottle(now=lambda: NOW, sleep=slept.append)
    made.record(headers)
    return made, slept


@pytest.mark.parametrize(
    ("left", "seconds", "pause"),
    [
        pytest.param(5_000, 1_800, 0.0, id="full"),
        pytest.param(500, 1_800, 0.0, id="a tenth"),
        pytest.param(499, 1_800, 1_800 / 499, id="one below a tenth"),
        pytest.param(1, 3_600, 60.0, id="never longer than a minute between requests"),
        pytest.param(0, 300, 300.0, id="used up, back within our patience"),
        pytest.param(0, -1, 0.0, id="used up, but of a window that has ended"),
    ],
)
def test_what_is_left_is_spread_over_the_window(left: int, seconds: int, pause: float) -> None:
    made, slept = pace(**told(left, seconds=seconds))
    assert made.wait() == pytest.approx(pause)
    assert slept == ([pytest.approx(pause)] if pause else [])


def test_a_quota_used_up_for_longer_than_our_patience_is_refused_with_its_end() -> None:
    made, slept = pace(**told(0, seconds=301))
    with pytest.raises(SourceUnavailable, match="used up until 12:05:01 UTC") as caught:
        made.wait()
    assert (caught.value.retry_after_seconds, slept) == (301, [])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "5"},
        told(5) | {"x-ratelimit-limit": "many"},
        told(5) | {"x-ratelimit-reset": "9" * 30},
        told(5) | {"x-ratelimit-remaining": "-1"},
    ],
)
def test_headers_that_tell_no_quota_change_nothing(headers: dict[str, str]) -> None:
    assert read_quota(headers, NOW) is None
    made, _ = pace(**told(7))
    made.record(headers)
    assert made.lowest is not None
    assert made.lowest.left == 7


def test_a_reset_that_is_no_unix_time_counts_from_now() -> None:
    quota = read_quota(told(3) | {"x-ratelimit-reset": "30"}, NOW)
    assert quota is not None
    assert quota.resets_at == NOW + timedelta(seconds=30)


def client(*answers: httpx.Response) -> tuple[HttpClient, list[SourceHealth], list[float]]:
    left, health, slept = list(answers), list[SourceHealth](), list[float]()
    made = HttpClient(
        "github",
        "https://api.test",
        policy=RetryPolicy(tries=3, sleep=slept.append),
        quota=RateLimitThrottle(now=lambda: NOW, sleep=slept.append),
        breaker=CircuitBreaker("github"),
        report=health.append,
        transport=httpx.MockTransport(lambda _: left.pop(0)),
    )
    return made, health, slept


def test_quota_and_reset_are_part_of_the_health_of_every_request() -> None:
    made, health, _ = client(httpx.Response(200, json={}, headers=told(4_321)))
    made.send(Request("q"))
    assert (health[0].quota_left, health[0].quota_resets_at) == (
        4_321,
        NOW + timedelta(seconds=1_800),
    )


def test_a_403_for_want_of_quota_is_waited_for_and_any_other_is_final() -> None:
    spent = httpx.Response(403, json={}, headers=told(0, seconds=120))
    good = httpx.Response(200, json={}, headers=told(4_999))
    made, _, slept = client(spent, good)
    assert made.send(Request("q")).failure is None
    assert slept[0] == 120
    made, _, _ = client(httpx.Response(403, json={}, headers=told(4_000)))
    failure = made.send(Request("q")).failure
    assert failure is not None
    assert "returned 403" in failure.message


def test_a_403_of_a_secondary_limit_is_waited_for_although_quota_is_left() -> None:
    limited = httpx.Response(403, json={}, headers=told(4_000) | {"retry-after": "60"})
    made, _, slept = client(limited, httpx.Response(200, json={}, headers=told(3_999)))
    assert made.send(Request("q")).failure is None
    assert slept == [60]


def test_a_used_up_quota_asks_nothing_and_does_not_open_the_breaker() -> None:
    made, _, _ = client(httpx.Response(200, json={}, headers=told(0, seconds=3_000)))
    made.send(Request("q"))
    for _ in range(10):
        failure = made.send(Request("q")).failure
        assert isinstance(failure, SourceUnavailable)
        assert failure.key == "github q"
    assert made.breaker.state == "closed"
