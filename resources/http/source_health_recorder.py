"""Writes a client's health to ``ops.source_health``, but not every unchanged report.

Scope: thinning of reports; not here: the row itself (``resources.postgres.ops_status``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from resources.postgres.ops_status import SourceHealth, record_source_health
from resources.postgres.warehouse import Warehouse

INTERVAL_SECONDS = 10.0  # a backfill sends hundreds a second; every failure is written


class SourceHealthRecorder:
    """Writes each change of a source's health at once and an unchanged one every few seconds.

    Used as a context: leaving it writes the newest report not yet written.
    """

    def __init__(
        self, warehouse: Warehouse, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._warehouse = warehouse
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._written: dict[str, tuple[SourceHealth, float]] = {}
        self._held: dict[str, SourceHealth] = {}

    def __call__(self, health: SourceHealth) -> None:
        """Take one report."""
        with self._lock:
            self._held[health.source] = health
            before = self._written.get(health.source)
            if before is not None and health.ok:
                last, at = before
                unchanged = _state(last) == _state(health)
                if unchanged and self._monotonic() - at < INTERVAL_SECONDS:
                    return
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        with self._warehouse.connect(autocommit=True, application="cdp source health") as link:
            for health in self._held.values():
                record_source_health(link, health)
                self._written[health.source] = (health, self._monotonic())
        self._held.clear()

    def __enter__(self) -> SourceHealthRecorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._flush()


def _state(health: SourceHealth) -> tuple[object, ...]:
    """Return what is written once it changes: health, breaker, a used-up quota and its window."""
    return health.ok, health.breaker, health.quota_left == 0, health.quota_resets_at
