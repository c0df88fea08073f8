"""Rate limits: sliding windows of a minute per caller and class (query_layer.md §5.4).

Counted in this process, or in a Redis for all; where that does not respond, in this process until
it does. Scope: counting and the headers; not here: the limits of a plan
(``query_layer.auth.claims``).
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute, WindowStats
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code
from query_layer.ops.clock import wall_clock
from query_layer.ops.logs import describe_exception, log_event
from query_layer.settings import Settings

METRICS_PATH = "/metrics"
_WINDOW_SECONDS = 60
_RETRY_STORE_SECONDS = 5.0
_SWEEP_SECONDS = 10.0


class _NeverDue(threading.Timer):
    """A timer that the library takes for one under way, so that it starts none."""

    def __init__(self) -> None:
        super().__init__(0, lambda: None)

    def is_alive(self) -> bool:
        """Return that it need not be started."""
        return True


class RequestClass(StrEnum):
    """What requests are counted as; health is not counted."""

    READ = "read"
    EXPORT = "export"
    HEALTH = "health"


def class_of(path: str) -> RequestClass:
    """Return the class of an address."""
    if path.startswith("/health") or path == METRICS_PATH:
        return RequestClass.HEALTH
    return RequestClass.EXPORT if path.startswith("/v1/export/") else RequestClass.READ


@dataclass(frozen=True)
class Allowance:
    """What is left of a limit after a request.

    Attributes:
        is_allowed: The request is within the limit.
        limit: Requests per minute, of this process's share.
        remaining: Requests that may follow at once.
        reset_seconds: Until one more may follow.
    """

    is_allowed: bool
    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the headers of a response."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-policy": f"{self.limit};w={_WINDOW_SECONDS}",
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset_seconds),
        }


class RateLimits:
    """Counts the requests of one process's callers.

    Args:
        settings: Store, and processes that share the limits without one.
        monotonic: Clock of the pauses between tries to reach the store.
    """

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._store = MemoryStorage()
        # Its own timer looks at every caller a hundred times a second, in a thread of its own.
        self._store.timer.cancel()
        self._store.timer = _NeverDue()
        self._memory = SlidingWindowCounterRateLimiter(self._store)
        self._swept_at = monotonic()
        self._workers = settings.workers
        self._shared = None
        self._shared_failed_at: float | None = None
        if settings.rate_limit_store is not None:
            self._shared = _shared_limiter(settings.rate_limit_store.get_secret_value())

    async def count(self, claims: Claims, address: str, kind: RequestClass) -> Allowance:
        """Count a request of a caller.

        Args:
            claims: Who; an anonymous caller is known by its address.
            address: Network address of the caller.
            kind: Read or export.
        """
        per_minute = (
            claims.limits.export_per_minute
            if kind is RequestClass.EXPORT
            else claims.limits.read_per_minute
        )
        return await self._hit(per_minute, kind, claims.limited_by or f"address:{address}")

    async def count_refusal(self, address: str, per_minute: int) -> Allowance:
        """Count a request whose credential was refused."""
        return await self._hit(per_minute, RequestClass.READ, f"refused:{address}")

    async def _hit(self, per_minute: int, kind: str, caller: str) -> Allowance:
        if self._shared is not None and self._is_shared_tried():
            item = _item(per_minute)
            try:
                is_allowed = await self._shared.hit(item, kind, caller)
                stats = await self._shared.get_window_stats(item, kind, caller)
            except Exception as error:
                if self._shared_failed_at is None:
                    log_event(
                        logging.ERROR, "limits.store_unreachable", **describe_exception(error)
                    )
                self._shared_failed_at = self._monotonic()
            else:
                self._shared_failed_at = None
                return _allowance(is_allowed, item, stats)
        self._forget_idle_callers()
        item = _item(max(1, per_minute // self._workers))
        is_allowed = self._memory.hit(item, kind, caller)
        return _allowance(is_allowed, item, self._memory.get_window_stats(item, kind, caller))

    def _forget_idle_callers(self) -> None:
        """Drop counters that have expired, now and then: each is read by its own caller alone."""
        now = self._monotonic()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        instant = wall_clock().timestamp()
        for key, expires_at in list(self._store.expirations.items()):
            if expires_at <= instant:
                self._store.clear(key)

    def _is_shared_tried(self) -> bool:
        failed = self._shared_failed_at
        return failed is None or self._monotonic() - failed > _RETRY_STORE_SECONDS


def too_many(allowance: Allowance, kind: RequestClass) -> ApiError:
    """Return RATE_LIMIT_EXCEEDED."""
    return ApiError(
        Code.RATE_LIMIT_EXCEEDED,
        f"More than {allowance.limit} requests in a minute; wait {allowance.reset_seconds} s.",
        {
            "class": kind,
            "limit_per_minute": allowance.limit,
            "retry_after_seconds": allowance.reset_seconds,
        },
        {"Retry-After": str(allowance.reset_seconds)},
    )


def _allowance(is_allowed: bool, item: RateLimitItem, stats: WindowStats) -> Allowance:
    seconds = max(1, math.ceil(stats.reset_time - wall_clock().timestamp()))
    remaining = stats.remaining if is_allowed else 0
    return Allowance(is_allowed, item.amount, remaining, min(seconds, _WINDOW_SECONDS))


@lru_cache(maxsize=256)
def _item(per_minute: int) -> RateLimitItem:
    return RateLimitItemPerMinute(per_minute)


def _shared_limiter(url: str) -> Any:
    """Return the limiter over a Redis; its client is imported only where one is named."""
    from limits.aio.storage import RedisStorage
    from limits.aio.strategies import SlidingWindowCounterRateLimiter as SharedLimiter

    storage = RedisStorage(
        f"async+{url}",
        implementation="redispy",
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
    )
    return SharedLimiter(storage)
