"""Circuit breaker and token bucket, on a clock of their own."""

from __future__ import annotations

import pytest

from resources.http.circuit_breaker import CircuitBreaker, CircuitOpen
from resources.http.token_bucket import TokenBucket


class Clock:
    """Seconds that pass only when told; waiting lets them pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def test_the_breaker_opens_after_five_failures_in_a_row() -> None:
    breaker = CircuitBreaker("p", monotonic=Clock())
    for _ in range(4):
        breaker.fail()
    assert breaker.state == "closed"
    breaker.fail()
    assert breaker.state == "open"
    with pytest.raises(CircuitOpen):
        breaker.admit()


def test_a_success_ends_a_row_of_failures() -> None:
    breaker = CircuitBreaker("p", monotonic=Clock())
    for _ in range(4):
        breaker.fail()
    breaker.succeed()
    for _ in range(4):
        breaker.fail()
    assert breaker.state == "closed"


def test_the_breaker_opens_when_half_of_the_last_twenty_failed() -> None:
    breaker = CircuitBreaker("p", monotonic=Clock())
    for _ in range(9):
        breaker.fail()
        breaker.succeed()
    breaker.succeed()
    assert breaker.state == "closed"
    breaker.fail()
    assert breaker.state == "open"


def test_less_than_half_of_the_last_twenty_keeps_it_closed() -> None:
    breaker = CircuitBreaker("p", monotonic=Clock())
    for _ in range(20):
        breaker.succeed()
    for _ in range(3):
        for _ in range(3):
            breaker.fail()
        for _ in range(4):
            breaker.succeed()
    assert breaker.state == "closed"


def test_after_a_minute_one_probe_passes_and_no_second_one() -> None:
    clock = Clock()
    breaker = CircuitBreaker("p", monotonic=clock)
    for _ in range(5):
        breaker.fail()
    clock.seconds = 59.9
    with pytest.raises(CircuitOpen):
        breaker.admit()
    clock.seconds = 60.0
    assert breaker.state == "half_open"
    breaker.admit()
    with pytest.raises(CircuitOpen):
        breaker.admit()


def test_a_good_probe_closes_the_breaker_and_forgets_the_past() -> None:
    clock = Clock()
    breaker = CircuitBreaker("p", monotonic=clock)
    for _ in range(5):
        breaker.fail()
    clock.seconds = 60.0
    breaker.admit()
    breaker.succeed()
    assert breaker.state == "closed"
    for _ in range(4):
        breaker.fail()
    assert breaker.state == "closed"


def test_a_bad_probe_opens_the_breaker_for_another_minute() -> None:
    clock = Clock()
    breaker = CircuitBreaker("p", monotonic=clock)
    for _ in range(5):
        breaker.fail()
    clock.seconds = 60.0
    breaker.admit()
    breaker.fail()
    assert (breaker.state, breaker.seconds_until_probe()) == ("open", 60.0)


def test_an_admission_that_was_never_judged_can_be_given_back() -> None:
    clock = Clock()
    breaker = CircuitBreaker("p", monotonic=clock)
    for _ in range(5):
        breaker.fail()
    clock.seconds = 60.0
    assert breaker.admit()
    with pytest.raises(CircuitOpen):
        breaker.admit()
    breaker.release()
    assert breaker.admit()


def test_the_bucket_lets_a_burst_pass_and_then_keeps_the_pace() -> None:
    clock = Clock()
    bucket = TokenBucket(2.0, 3, monotonic=clock, sleep=clock.sleep)
    waited = [bucket.take() for _ in range(6)]
    assert waited == [0.0, 0.0, 0.0, 0.5, 0.5, 0.5]


def test_each_credential_has_a_bucket_of_its_own() -> None:
    clock = Clock()
    bucket = TokenBucket(2.0, 1, monotonic=clock, sleep=clock.sleep)
    assert [bucket.take(name) for name in ("a", "b", "a", "b")] == [0.0, 0.0, 0.5, 0.0]


def test_a_rested_bucket_holds_no_more_than_its_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(2.0, 2, monotonic=clock, sleep=clock.sleep)
    clock.seconds = 1000.0
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.5]


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_without_rate_or_room_is_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="bucket"):
        TokenBucket(rate, burst)
