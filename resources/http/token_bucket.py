"""Token bucket: never send requests to a source faster than its limit allows (validator §3).

Scope: throttling each (provider, credential) in one process; not here: limits in responses
(``resources.http.quota``), or the limits themselves (``providers.yaml``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Rate limit of requests to one provider; safe to share between threads.

    Args:
        per_second: Tokens that come back each second to each credential; one request takes one.
        burst: Tokens of a credential at the start and at most.
        monotonic: Clock in seconds; a test passes its own.
        sleep: How to wait; a test passes its own.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError("a bucket needs a rate above 0 and room for one token")
        self._per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}  # tokens left, and when, by credential

    def take(self, credential: str = "") -> float:
        """Take a token of a credential, waiting when none is left; return the seconds waited.

        A token is reserved before the wait, so waiting threads come out one after the other.
        """
        with self._lock:
            moment = self._monotonic()
            tokens, filled_at = self._levels.get(credential, (self._burst, moment))
            refill = (moment - filled_at) * self._per_second
            tokens = min(self._burst, tokens + refill) - 1
            self._levels[credential] = (tokens, moment)
            wait = max(0.0, -tokens / self._per_second)
        if wait > 0:
            self._sleep(wait)
        return wait
