"""Editions of the programme: when each holds and how many replicas it wants (compliance §1.3).

Belongs here: editions by time. Does not: which allocators belong to one (the registry tables).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

_MILLISECONDS_FROM = 10**11  # a smaller number is seconds (§1.3)


@dataclass(frozen=True)
class Edition:
    """One edition. ``start`` inclusive, ``end`` exclusive, UTC; null: open.

    ``low_replica`` and ``high_replica`` are the thresholds that clients of the edition are
    checked with.
    """

    number: int
    start: datetime | None
    end: datetime | None
    low_replica: int
    high_replica: int


EDITION_5_START = datetime(2024, 3, 1, tzinfo=UTC)
EDITION_6_START = datetime(2025, 7, 11, tzinfo=UTC)
EDITIONS = (
    Edition(4, None, EDITION_5_START, 4, 10),
    Edition(5, EDITION_5_START, EDITION_6_START, 4, 10),
    Edition(6, EDITION_6_START, None, 4, 8),
)


def edition_at(instant: datetime) -> Edition:
    """Return the edition of an instant."""
    return next(
        edition
        for edition in EDITIONS
        if (edition.start is None or edition.start <= instant)
        and (edition.end is None or instant < edition.end)
    )


def edition_of_number(unix: int) -> Edition:
    """Return the edition of a Unix time in seconds or, from 10^11 on, in milliseconds."""
    seconds = unix if unix < _MILLISECONDS_FROM else unix // 1000
    return edition_at(datetime.fromtimestamp(seconds, UTC))
