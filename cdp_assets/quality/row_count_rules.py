"""When a partition's number of rows is unusual: one rule over plain numbers.

Belongs here: the rule and its limits. Does not: where the numbers come from (``row_counts``).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Judgement = Literal["usual", "too few", "too many", "not judged"]

HISTORY_WEEKS = 8  # a season of holidays is one of eight, so the median stays
MINIMUM_HISTORY = 4  # half of them: with fewer, one odd week moves the median
FACTOR = 3  # hours of real claims differ by 2.7 within minutes (calibration: 22 to 60 an epoch)
SMALLEST_COUNT = 20  # below, a factor of three is chance


@dataclass(frozen=True)
class RowCountRule:
    """Limits of the rule.

    Attributes:
        factor: Times the median, up or down, that is still usual.
        minimum_history: Earlier partitions without which nothing is judged.
        smallest_count: Where both the count and the median are below, nothing is judged.
    """

    factor: int = FACTOR
    minimum_history: int = MINIMUM_HISTORY
    smallest_count: int = SMALLEST_COUNT


@dataclass(frozen=True)
class Verdict:
    """What the rule says of one partition.

    Attributes:
        judgement: ``not judged`` where history or numbers are too small.
        median: Of the earlier counts; null without any.
    """

    judgement: Judgement
    median: Fraction | None

    @property
    def is_unusual(self) -> bool:
        """Tell whether people should look."""
        return self.judgement in ("too few", "too many")


def verdict_of(count: int, history: Sequence[int], rule: RowCountRule) -> Verdict:
    """Compare a partition's rows with those of the same weekday and hour before it.

    Unusual is more than ``factor`` times the median, or less than the ``factor``-th part of it;
    exactly at a limit is usual. Integers and fractions only, so equal numbers judge equally.

    Args:
        count: Rows of the partition.
        history: Rows of earlier partitions of the same weekday and hour, any order.
        rule: The limits.
    """
    median = Fraction(statistics.median(map(Fraction, history))) if history else None
    if median is None or len(history) < rule.minimum_history:
        return Verdict("not judged", median)
    if max(Fraction(count), median) < rule.smallest_count:
        return Verdict("not judged", median)
    if count > median * rule.factor:
        return Verdict("too many", median)
    if count < median / rule.factor:
        return Verdict("too few", median)
    return Verdict("usual", median)
