"""Batches of a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield consecutive parts of a sequence in its order; the last one may be shorter.

    Args:
        items: May be empty: then there is no batch.
        size: Items of a batch, at least 1.
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]
