"""Quotas that a source reports with every response: record them, and throttle before they run out.

The headers: ``x-ratelimit-limit``, ``-remaining``, ``-reset`` (Unix seconds at GitHub, elsewhere
also seconds from now). Scope: reading them, and how long to wait before a credential's next
request; not here: limits that a source does not report (``resources.http.token_bucket``), the HTTP
client.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cdp_assets import clock
from cdp_assets.errors import REQUEST_NOT_SENT, SourceUnavailable
from cdp_assets.units import counted

LOW_PERCENT = 10  # issue B item 1: below it the client slows down instead of failing
LONGEST_PAUSE_SECONDS = 60.0  # one request a minute still ends; a longer pause looks like a hang
MAX_WAIT_SECONDS = 300.0  # a used-up quota that is renewed within this is waited for
_REFUSED = (403, 429)
_UNIX_SECONDS = 10**9  # from 2001 on; a smaller number counts from now


@dataclass(frozen=True)
class Quota:
    """What one response reports about the quota of its credential.

    Attributes:
        limit: Requests of a full window.
        left: Requests left in the running window.
        resets_at: When the next window begins, UTC.
    """

    limit: int
    left: int
    resets_at: datetime


def read_quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """Read the quota headers; null when one is absent or not a number."""
    values = [headers.get(f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")]
    if not all(value is not None and value.isascii() and value.isdigit() for value in values):
        return None
    limit, left, reset = (int(value or 0) for value in values)
    try:
        if reset < _UNIX_SECONDS:
            return Quota(limit, left, now + timedelta(seconds=reset))
        return Quota(limit, left, datetime.fromtimestamp(reset, UTC))
    except (OverflowError, ValueError, OSError):
        return None


class RateLimitThrottle:
    """The waits that each credential's own quota requires; safe to share between threads.

    Args:
        max_wait_seconds: Longest wait for a used-up quota; beyond it the request is refused.
        now: Wall clock, which reset times are in.
        sleep: How to wait; a test passes its own.
    """

    def __init__(
        self,
        *,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
        now: Callable[[], datetime] = clock.wall_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._max_wait_seconds = max_wait_seconds
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._newest: dict[str, Quota] = {}

    @property
    def lowest(self) -> Quota | None:
        """Return the quota of the credential with the fewest requests left; null: none yet.

        Windows that have ended count only where none is running.
        """
        with self._lock:
            quotas = list(self._newest.values())
        moment = self._now()
        return min(quotas, key=lambda q: (q.resets_at <= moment, q.left, q.resets_at), default=None)

    def record(self, headers: Mapping[str, str], credential: str = "") -> None:
        """Record the quota in a response to a credential; without one nothing changes."""
        quota = read_quota(headers, self._now())
        if quota is not None:
            with self._lock:
                self._newest[credential] = quota

    def wait(self, credential: str = "") -> float:
        """Wait as long as the credential's quota requires; return the seconds waited.

        Below a tenth of the quota, the requests left are spread over the rest of the window.

        Raises:
            SourceUnavailable: The quota is used up for longer than the max wait.
        """
        with self._lock:
            quota = self._newest.get(credential)
        pause = self._pause(quota)
        if quota is not None and pause > self._max_wait_seconds:
            raise SourceUnavailable(
                f"{REQUEST_NOT_SENT}: its quota of {counted(quota.limit, 'request')} is used up "
                f"until {quota.resets_at:%H:%M:%S} UTC",
                hint="requests resume automatically after that; a token has a larger quota",
                retry_after_seconds=pause,
            )
        if pause > 0:
            self._sleep(pause)
        return pause

    def seconds_until_reset(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Return how long a refusal for lack of quota lasts; null for any other response."""
        quota = read_quota(headers, self._now())
        if status not in _REFUSED or quota is None or quota.left > 0:
            return None
        return max(0.0, (quota.resets_at - self._now()).total_seconds())

    def _pause(self, quota: Quota | None) -> float:
        if quota is None or quota.left * 100 >= quota.limit * LOW_PERCENT:
            return 0.0
        window = (quota.resets_at - self._now()).total_seconds()
        if window <= 0:
            return 0.0
        return window if quota.left == 0 else min(LONGEST_PAUSE_SECONDS, window / quota.left)
