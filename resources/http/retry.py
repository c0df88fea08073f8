"""Retry: which failures are transient, how long to wait, how often to try (validator §3).

Scope: the classes of HTTP status, Retry-After, back-off and the retry loop; not here: a particular
source's own error codes (its client), or the retries of a run (Dagster).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from cdp_assets.errors import CdpError, PermanentFailure, SourceUnavailable, TransientFailure

T = TypeVar("T")

TRANSIENT_STATUSES = frozenset({408, 425, 429})  # and every 5xx; other 4xx never (validator §3)
RATE_LIMIT_SECONDS = 60.0  # GitHub: "wait for at least one minute" where no header says more
_RATE_LIMIT = re.compile(rb"rate limit", re.IGNORECASE)
_READ_FOR_LIMIT = 10_000  # bytes of a refusal's text
_REFUSAL_HINTS = {
    401: "the credential is missing or wrong",
    403: "the source refuses this address or credential",
    404: "the configured address is wrong, or the source has moved",
    413: "request less at once",
}
_OTHER_HINT = "the source refuses the request as it is; another try would not help"


def status_class(status: int) -> Literal["ok", "transient", "permanent"]:
    """Classify an HTTP status; a redirect is permanent, because the configured address is wrong."""
    if 200 <= status < 300:
        return "ok"
    if status in TRANSIENT_STATUSES or 500 <= status < 600:
        return "transient"
    return "permanent"


def refusal_hint(status: int) -> str:
    """Return the hint for a status that another try would not change."""
    return _REFUSAL_HINTS.get(status, _OTHER_HINT)


def failure_of_status(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> CdpError | None:
    """Return why a response's status makes it unusable; null for 2xx.

    A 403 that reports when to come back, or names a rate limit, is a limit like 429: GitHub sends
    it while its hourly quota is far from used up.

    Args:
        status: As received.
        headers: As received.
        body: As received.
        now: The present, for a Retry-After date in a response without ``Date``.
    """
    kind = status_class(status)
    if kind == "ok":
        return None
    wait = retry_after_seconds(headers.get("retry-after"), headers.get("date"), now)
    if status == 403 and wait is None and _RATE_LIMIT.search(body[:_READ_FOR_LIMIT]):
        wait = RATE_LIMIT_SECONDS
    if kind == "transient" or (status == 403 and wait is not None):
        return SourceUnavailable(f"returned {status}", retry_after_seconds=wait)
    return PermanentFailure(f"returned {status}", hint=refusal_hint(status))


def retry_after_seconds(value: str | None, responded_at: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header: seconds or an HTTP date; null when absent or unreadable.

    Args:
        value: The header.
        responded_at: The response's own ``Date`` header, so that a clock that differs does no harm.
        now: The present, for a response without ``Date``.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text), 10**9))
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(responded_at) or now)).total_seconds())


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True)
class RetryPolicy:
    """How often one call is tried, and how long it waits.

    Attributes:
        tries: Requests at most, the first included.
        backoff_seconds: Base of the full-jitter exponential back-off, factor 2.
        backoff_cap_seconds: Longest single back-off.
        retry_after_limit_seconds: Longest wait that a source may request within a call; beyond it
            the call fails at once and reports the wait.
        uniform: Source of jitter; a test passes its own.
        sleep: How to wait; a test passes its own.
    """

    tries: int = 6
    backoff_seconds: float = 0.5
    backoff_cap_seconds: float = 60.0
    retry_after_limit_seconds: float = 300.0
    uniform: Callable[[float, float], float] = field(default=random.uniform)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def run(
        self,
        attempt: Callable[[], T],
        not_before: Callable[[], float] = lambda: 0.0,
        before_wait: Callable[[], None] = lambda: None,
    ) -> T:
        """Call ``attempt`` until it returns a value, fails for good, or the tries are used up.

        Args:
            attempt: Raises ``TransientFailure`` for what may pass; anything else ends the call.
            not_before: Seconds that the next try must wait at least (an open breaker).
            before_wait: Called between a try that failed and the wait for the next one.

        Raises:
            TransientFailure: The last one, after all tries.
        """

        def wait(state: RetryCallState) -> float:
            return max(self._wait(state), not_before())

        retrying = Retrying(
            stop=stop_after_attempt(self.tries),
            wait=wait,
            retry=retry_if_exception_type(_Retryable),
            sleep=self.sleep,
            before_sleep=lambda _: before_wait(),
            reraise=True,
        )
        try:
            value: T = retrying(self._marked, attempt)
        except _Retryable as marked:
            raise marked.failure from None
        return value

    def _marked(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except TransientFailure as failure:
            if (failure.retry_after_seconds or 0.0) > self.retry_after_limit_seconds:
                raise
            raise _Retryable(failure) from None

    def _wait(self, state: RetryCallState) -> float:
        outcome = state.outcome
        error = outcome.exception() if outcome else None
        wanted = error.failure.retry_after_seconds if isinstance(error, _Retryable) else None
        if wanted is not None:
            return wanted
        ceiling = self.backoff_seconds * 2 ** (state.attempt_number - 1)
        return self.uniform(0.0, min(self.backoff_cap_seconds, ceiling))


class _Retryable(Exception):
    """Marks a failure that this call may retry."""

    def __init__(self, failure: TransientFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure
