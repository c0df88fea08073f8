"""Retry classes, Retry-After and back-off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdp_assets.errors import PermanentFailure, SourceUnavailable, TransientFailure
from resources.http.retry import RetryPolicy, retry_after_seconds, status_class

NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "ok"),
        (204, "ok"),
        (301, "permanent"),
        (400, "permanent"),
        (401, "permanent"),
        (403, "permanent"),
        (404, "permanent"),
        (408, "transient"),
        (409, "permanent"),
        (422, "permanent"),
        (425, "transient"),
        (429, "transient"),
        (500, "transient"),
        (502, "transient"),
        (503, "transient"),
        (504, "transient"),
        (599, "transient"),
    ],
)
def test_each_status_has_its_class(status: int, expected: str) -> None:
    assert status_class(status) == expected


@pytest.mark.parametrize(
    ("header", "date", "expected"),
    [
        pytest.param(None, None, None, id="absent"),
        pytest.param("7", None, 7.0, id="seconds"),
        pytest.param(" 0 ", None, 0.0, id="zero"),
        pytest.param("soon", None, None, id="unreadable"),
        pytest.param("-5", None, None, id="negative is unreadable"),
        pytest.param("Mon, 02 Mar 2026 12:00:30 GMT", None, 30.0, id="a date"),
        pytest.param("Mon, 02 Mar 2026 11:00:00 GMT", None, 0.0, id="a date that has passed"),
        pytest.param(
            "Mon, 02 Mar 2026 13:00:30 GMT",
            "Mon, 02 Mar 2026 13:00:00 GMT",
            30.0,
            id="the source's own clock counts",
        ),
    ],
)
def test_retry_after_is_read_as_seconds(
    header: str | None, date: str | None, expected: float | None
) -> None:
    assert retry_after_seconds(header, date, NOW) == expected


def _policy(slept: list[float], **changes: object) -> RetryPolicy:
    return RetryPolicy(uniform=lambda low, high: high, sleep=slept.append, **changes)  # type: ignore[arg-type]


def _failing(times: int, error: Exception) -> tuple[list[int], object]:
    calls: list[int] = []

    def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "answer"

    return calls, attempt


def test_back_off_doubles_up_to_its_cap() -> None:
    slept: list[float] = []
    calls, attempt = _failing(99, TransientFailure("down"))
    policy = _policy(slept, tries=6, backoff_seconds=8.0, backoff_cap_seconds=60.0)
    with pytest.raises(TransientFailure):
        policy.run(attempt)  # type: ignore[arg-type]
    assert slept == [8.0, 16.0, 32.0, 60.0, 60.0]
    assert len(calls) == 6


def test_jitter_is_drawn_between_nothing_and_the_whole_back_off() -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    policy = RetryPolicy(tries=3, uniform=uniform, sleep=lambda _: None)
    with pytest.raises(TransientFailure):
        policy.run(_failing(9, TransientFailure("down"))[1])  # type: ignore[arg-type]
    assert drawn[:2] == [(0.0, 0.5), (0.0, 1.0)]


def test_what_the_source_asks_for_is_waited_instead_of_the_back_off() -> None:
    slept: list[float] = []
    _, attempt = _failing(1, SourceUnavailable("slow down", retry_after_seconds=17.0))
    assert _policy(slept).run(attempt) == "answer"  # type: ignore[arg-type]
    assert slept == [17.0]


def test_a_source_that_asks_for_an_hour_ends_the_call_at_once() -> None:
    slept: list[float] = []
    calls, attempt = _failing(9, SourceUnavailable("slow down", retry_after_seconds=3600.0))
    with pytest.raises(SourceUnavailable) as caught:
        _policy(slept).run(attempt)  # type: ignore[arg-type]
    assert (len(calls), slept, caught.value.retry_after_seconds) == (1, [], 3600.0)


def test_a_permanent_failure_is_never_tried_again() -> None:
    slept: list[float] = []
    calls, attempt = _failing(9, PermanentFailure("no"))
    with pytest.raises(PermanentFailure):
        _policy(slept).run(attempt)  # type: ignore[arg-type]
    assert (len(calls), slept) == (1, [])


def test_an_open_breaker_lengthens_the_wait() -> None:
    slept: list[float] = []
    _, attempt = _failing(1, TransientFailure("down"))
    _policy(slept).run(attempt, not_before=lambda: 60.0)  # type: ignore[arg-type]
    assert slept == [60.0]
