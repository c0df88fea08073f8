"""The place of a period: its month, and whether it is the month's last one (validator §2).

Scope: what commissions and statements need to know of a period beside its amounts; not here: its
rows (``period_table``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.periods.period_table import KnownPeriod


@dataclass(frozen=True)
class PeriodPlace:
    """Where a period is among those of its chain.

    Attributes:
        chain_id: The chain.
        period_id: The period.
        period_type: Its type; agreements name one.
        ordinal: Its place in the chain's order.
        month: UTC month of its end, ``YYYY-MM``.
        is_last_of_month: No later period of its type ends in the month.
        is_settled: That is known; while the next period runs, it may not be.
        first_of_month: Ordinal of the first period of its type that ends in the month.
    """

    chain_id: str
    period_id: str
    period_type: str
    ordinal: int
    month: str
    is_last_of_month: bool
    is_settled: bool
    first_of_month: int

    @property
    def month_start(self) -> int | None:
        """Ordinal of the month's first period, where this is its last one; else null."""
        return self.first_of_month if self.is_last_of_month else None


def month_of(instant: datetime) -> str:
    """Return the UTC month of an instant, ``YYYY-MM``."""
    return instant.astimezone(UTC).strftime("%Y-%m")


def place_of(
    chain_id: str, periods: Mapping[str, KnownPeriod], known: KnownPeriod, now: datetime
) -> PeriodPlace:
    """Return the place of a period.

    Args:
        chain_id: The chain.
        periods: All known ones of the chain, ascending.
        known: The period.
        now: The clock: a period that has not ended yet ends in its month or a later one.

    Raises:
        MissingUpstream: The period's end is unknown, so it belongs to no month.
    """
    end = known.edges.end_ts
    if end is None:
        raise MissingUpstream(
            "its end is unknown, so it belongs to no month",
            key=known.period.period_id,
            hint="materialize canonical_periods of the chain again",
        )
    month = month_of(end)
    following = _following(periods, known)
    next_end = None if following is None else following.edges.end_ts
    next_month = month_of(now if next_end is None else next_end)
    return PeriodPlace(
        chain_id,
        known.period.period_id,
        known.period.period_type,
        known.period.ordinal,
        month,
        is_last_of_month=next_month > month,
        is_settled=next_end is not None or next_month > month,
        first_of_month=min(
            other.period.ordinal
            for other in periods.values()
            if other.period.period_type == known.period.period_type
            and other.edges.end_ts is not None
            and month_of(other.edges.end_ts) == month
        ),
    )


def _following(periods: Mapping[str, KnownPeriod], known: KnownPeriod) -> KnownPeriod | None:
    later = (
        other
        for other in periods.values()
        if other.period.period_type == known.period.period_type
        and other.period.ordinal > known.period.ordinal
    )
    return min(later, key=lambda other: other.period.ordinal, default=None)
