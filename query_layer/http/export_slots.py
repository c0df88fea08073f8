"""Export slots: how many files an organisation may have sent at the same time (§5.4).

Scope: counting in this process; not here: exports per minute (``query_layer.http.rate_limits``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code


class ExportSlots:
    """How many exports of each organisation run in this process.

    Args:
        workers: Processes that share what a plan allows.
    """

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._running: Counter[str] = Counter()

    @contextmanager
    def taken(self, claims: Claims, address: str) -> Iterator[None]:
        """Take a slot for the time of an export.

        Raises:
            ApiError: RATE_LIMIT_EXCEEDED: the organisation has as many as its plan allows.
        """
        owner = claims.org_id or claims.limited_by or f"address:{address}"
        most = max(1, claims.limits.exports_at_once // self._workers)
        if self._running[owner] >= most:
            raise ApiError(
                Code.RATE_LIMIT_EXCEEDED,
                f"{most} exports are running already; wait for one.",
                {"exports_at_once": most},
            )
        self._running[owner] += 1
        try:
            yield
        finally:
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]
