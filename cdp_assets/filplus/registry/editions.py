"""Editions of the programme: when each began (compliance §1.3).

Scope: the edition of an instant and an edition's bounds; not here: which allocators belong to an
edition (the registry tables), or weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cdp_assets.units import EDITION_6_START_HEIGHT, FILPLUS_START_HEIGHT, height_to_time

_LARGEST_SECONDS = 10**11  # a larger number is milliseconds (compliance §1.3)


@dataclass(frozen=True)
class Edition:
    """One edition: ``[start, end)``, UTC; null is open. Replicas outside low…high fail checks."""

    number: int
    start: datetime | None
    end: datetime | None
    low_replica: int
    high_replica: int


_FIFTH = height_to_time(FILPLUS_START_HEIGHT)
_SIXTH = height_to_time(EDITION_6_START_HEIGHT)
EDITIONS = (
    Edition(4, None, _FIFTH, low_replica=4, high_replica=10),
    Edition(5, _FIFTH, _SIXTH, low_replica=4, high_replica=10),
    Edition(6, _SIXTH, None, low_replica=4, high_replica=8),
)


def edition_of(instant: datetime | int) -> Edition:
    """Return the edition of an instant: a time with a zone, or Unix seconds or milliseconds.

    Raises:
        ValueError: The time has no zone.
    """
    if isinstance(instant, int):
        seconds = instant if instant < _LARGEST_SECONDS else instant // 1000
        return next(e for e in EDITIONS if e.end is None or seconds < e.end.timestamp())
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return next(e for e in EDITIONS if e.end is None or instant < e.end)
