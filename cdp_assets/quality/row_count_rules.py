"""When a partition's number of rows is unusual: one rule over plain numbers.

Scope: the rule and its limits; not here: reading the numbers (``row_counts``).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Finding = Literal["usual", "too few", "too many", "not compared"]

HISTORY_WEEKS = 8  # a week of holidays is one of eight, so the median stays
MINIMUM_HISTORY = 4  # half of them: with fewer, one odd week shifts the median
FACTOR = 3  # hours of real claims differ by 2.7 within minutes (calibration: 22 to 60 an epoch)
SMALLEST_COUNT = 20  # below, a factor of three is chance


@dataclass(frozen=True)
class RowCountRule:
    """Limits of the rule.

    Attributes:
        factor: Largest usual factor from the median, up or down.
        minimum_history: Earlier partitions needed to compare.
        smallest_count: If both the count and the median are below, nothing is compared.
    """

    factor: int = FACTOR
    minimum_history: int = MINIMUM_HISTORY
    smallest_count: int = SMALLEST_COUNT


@dataclass(frozen=True)
class Comparison:
    """The result of the rule for one partition.

    Attributes:
        finding: ``not compared`` where history or numbers are too small.
        median: Of the earlier counts; null without any.
    """

    finding: Finding
    median: Fraction | None

    @property
    def is_unusual(self) -> bool:
        """Return whether the number of rows is outside the limits."""
        return self.finding in ("too few", "too many")


def compare_count(count: int, history: Sequence[int], rule: RowCountRule) -> Comparison:
    """Compare a partition's rows with those of the same weekday and hour before it.

    Unusual is more than ``factor`` times the median, or less than the ``factor``-th part of it;
    exactly at a limit is usual. Integers and fractions only, so equal numbers compare equally.

    Args:
        count: Rows of the partition.
        history: Rows of earlier partitions of the same weekday and hour, any order.
        rule: The limits.
    """
    median = Fraction(statistics.median(map(Fraction, history))) if history else None
    if median is None or len(history) < rule.minimum_history:
        return Comparison("not compared", median)
    if max(Fraction(count), median) < rule.smallest_count:
        return Comparison("not compared", median)
    if count > median * rule.factor:
        return Comparison("too many", median)
    if count < median / rule.factor:
        return Comparison("too few", median)
    return Comparison("usual", median)
