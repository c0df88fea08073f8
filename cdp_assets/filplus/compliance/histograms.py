"""Histograms over weeks: buckets ``(from, to]`` with the missing ones filled (compliance §6.8).

Buckets are computed in Decimal: a value on an edge belongs to the bucket that it closes (R-34).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

_STEP = 5  # percent (§6.8)
_WHOLE = 100


class Bucket(NamedTuple):
    """How many values lie in ``(value_from_exclusive, value_to_inclusive]``."""

    value_from_exclusive: int
    value_to_inclusive: int
    num_of_values: int


class HistogramWeek(NamedTuple):
    """One week; ``total`` is the sum of the counts."""

    week: date
    total: int
    results: tuple[Bucket, ...]


def percent_bucket(ratio: Decimal) -> tuple[int, int]:
    """Return the bucket of a ratio 0 to 1 in steps of 5 percent; 0 gives (-5, 0]."""
    to = _STEP * int((ratio * (_WHOLE // _STEP)).to_integral_value(rounding=ROUND_CEILING))
    return to - _STEP, to


def count_bucket(count: Decimal) -> tuple[int, int]:
    """Return the bucket of a number of clients, ``(n-1, n]``."""
    return int(count) - 1, int(count)


def histogram_weeks(
    values: Mapping[date, Iterable[Decimal]],
    bucket: Callable[[Decimal], tuple[int, int]] = percent_bucket,
    *,
    scale_end: int = 100,
    running_week: date | None = None,
    keep_running: bool = False,
) -> list[HistogramWeek]:
    """Return the histogram of each week, ascending.

    Args:
        values: By week (Monday), one value per provider or allocator.
        bucket: Rule that places a value.
        scale_end: Least end of the filled scale: 100 for percent, 0 for numbers of clients.
        running_week: The week that is not over.
        keep_running: Whether it stays in the result.
    """
    weeks = []
    for week in sorted(values):
        if week == running_week and not keep_running:
            continue
        counts = Counter(bucket(value) for value in values[week])
        weeks.append(HistogramWeek(week, sum(counts.values()), _filled(counts, scale_end)))
    return weeks


def _filled(counts: Counter[tuple[int, int]], scale_end: int) -> tuple[Bucket, ...]:
    if not counts:
        return ()
    low, top = max(counts, key=lambda edges: edges[1])
    span, edge = top - low, max(scale_end, top)
    found = dict(counts)
    while edge > 0:
        found.setdefault((edge - span, edge), 0)
        edge -= span
    return tuple(Bucket(*edges, found[edges]) for edges in sorted(found))
