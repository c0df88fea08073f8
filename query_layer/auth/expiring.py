"""A small store of values that expire, bounded by count: users, keys and verified tokens."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Expiring(Generic[V]):
    """Values by key until an instant of the monotonic clock; the oldest entry makes room."""

    def __init__(
        self, max_entries: int = 10_000, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_entries = max_entries
        self._monotonic = monotonic
        self._entries: OrderedDict[bytes, tuple[V, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> V | None:
        """Return the value of a key; null: there is none, or it has expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= self._monotonic():
            del self._entries[key]
            return None
        return entry[0]

    def until(self, key: bytes) -> float:
        """Return when a value expires, on the monotonic clock; now, for an unknown key."""
        entry = self._entries.get(key)
        return self._monotonic() if entry is None else entry[1]

    def put(self, key: bytes, value: V, until: float) -> None:
        """Store a value until an instant of the monotonic clock."""
        self._entries.pop(key, None)
        self._entries[key] = (value, until)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def after(self, seconds: float) -> float:
        """Return the instant some seconds from now."""
        return self._monotonic() + seconds
