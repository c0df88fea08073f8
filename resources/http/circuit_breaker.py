"""Circuit breaker: stop requests to a failing source, then send one probe (validator §3).

Scope: the state machine of one provider in one process; not here: waiting or retrying
(``resources.http.retry``), or publishing the state (``ops.source_health``).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

from cdp_assets.errors import REQUEST_NOT_SENT, SourceUnavailable

CONSECUTIVE_FAILURES = 5  # validator §3
WINDOW = 20  # validator §3: "≥ 50 % of the last 20"
OPEN_SECONDS = 60.0  # validator §3

State = Literal["closed", "open", "half_open"]


class CircuitOpen(SourceUnavailable):
    """The source failed too often a moment ago; no request was sent."""


class CircuitBreaker:
    """Breaker of one provider; safe to share between threads.

    Args:
        provider: Name for messages.
        open_seconds: How long no request passes before one probe may.
        monotonic: Clock in seconds; a test passes its own.
    """

    def __init__(
        self,
        provider: str,
        *,
        open_seconds: float = OPEN_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._open_seconds = open_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)
        self._in_a_row = 0
        self._opened_at: float | None = None
        self._probe_is_out = False

    @property
    def state(self) -> State:
        """Return ``closed``, ``open``, or ``half_open`` when a probe may pass or is under way."""
        with self._lock:
            if self._opened_at is None:
                return "closed"
            return "half_open" if self._seconds_left() == 0 else "open"

    def seconds_until_probe(self) -> float:
        """Return how long the breaker still refuses; 0 when closed or ready for a probe."""
        with self._lock:
            return self._seconds_left()

    def admit(self) -> bool:
        """Let one call pass; return whether it is the probe of a half-open breaker.

        Raises:
            CircuitOpen: The breaker is open, or half-open with its one probe under way.
        """
        with self._lock:
            if self._opened_at is None:
                return False
            left = self._seconds_left()
            if left == 0 and not self._probe_is_out:
                self._probe_is_out = True
                return True
        raise CircuitOpen(
            f"{REQUEST_NOT_SENT}: it failed too often a moment ago",
            key=self._provider,
            hint="see ops.source_health; requests resume automatically",
            retry_after_seconds=left or self._open_seconds,
        )

    def succeed(self) -> None:
        """Record a call that got a response, even a refusal."""
        with self._lock:
            if self._opened_at is not None:
                self._outcomes.clear()
            self._opened_at = None
            self._probe_is_out = False
            self._in_a_row = 0
            self._outcomes.append(True)

    def fail(self) -> None:
        """Record a call whose tries all failed in a transient way."""
        with self._lock:
            self._in_a_row += 1
            self._outcomes.append(False)
            failed = self._outcomes.count(False)
            too_many = len(self._outcomes) == WINDOW and 2 * failed >= WINDOW
            if self._probe_is_out or self._in_a_row >= CONSECUTIVE_FAILURES or too_many:
                self._opened_at = self._monotonic()
            self._probe_is_out = False

    def release(self) -> None:
        """Give back an admission whose call neither succeeded nor failed."""
        with self._lock:
            self._probe_is_out = False

    def _seconds_left(self) -> float:
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._open_seconds - (self._monotonic() - self._opened_at))
