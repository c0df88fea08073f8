"""The cache of responses: keyed by data version, so that nothing in it is outdated.

Scope: storing, dropping and joining; not here: building keys or responses
(``query_layer.http.list_handler``).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

_OVERHEAD_BYTES = 512  # an entry's key and objects, roughly


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


T = TypeVar("T", bound=_Sized)


class ResponseCache(Generic[T]):
    """Least recently used responses, bounded by bytes and entries; one build per key at a time."""

    def __init__(self, max_bytes: int, max_entries: int) -> None:
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._entries: OrderedDict[str, T] = OrderedDict()
        self._flights: dict[str, asyncio.Task[T]] = {}
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> T | None:
        """Return the entry of a key and mark it as used."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: T) -> None:
        """Store an entry, dropping the least recently used ones until it fits."""
        size = entry.size + _OVERHEAD_BYTES
        if size > self._max_bytes or self._max_entries == 0:
            return
        self._drop(key)
        self._entries[key] = entry
        self.bytes += size
        while self.bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self._drop(next(iter(self._entries)))

    async def single_flight(self, key: str, build: Callable[[], Awaitable[T]]) -> T:
        """Return the result of ``build``; callers that come while it works share its result.

        The work is a task of its own, so a caller that gives up does not cancel it for the others.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(_awaited(build))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(flight)

    def _landed(self, key: str, flight: asyncio.Task[T]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # read, so that asyncio reports no error without a caller

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size + _OVERHEAD_BYTES


async def _awaited(build: Callable[[], Awaitable[T]]) -> T:
    return await build()
