"""The day that the daily job looks at: the last one that has ended.

Belongs here: its bounds and how statements name them. Does not: the clock (``cdp_assets.clock``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cdp_assets.partitions import floor_day


@dataclass(frozen=True)
class ClosedDay:
    """A UTC day ``[start, end)`` that has ended, and the instant at which it is looked at."""

    start: datetime
    now: datetime

    @property
    def end(self) -> datetime:
        """Return the midnight that ends the day."""
        return self.start + timedelta(days=1)

    def values(self) -> dict[str, object]:
        """Return the values of claims: timestamps without zone, UTC."""
        return {
            name: instant.replace(tzinfo=None)
            for name, instant in (("day", self.start), ("next_day", self.end), ("now", self.now))
        }


def closed_day(now: datetime, day: str | None = None) -> ClosedDay:
    """Return the day before that of an instant, or a named one.

    Args:
        now: The clock, with a zone.
        day: An ISO date; null is the last closed day.

    Raises:
        ValueError: The named day has not ended, or is no date.
    """
    last = floor_day(now) - timedelta(days=1)
    if day is None:
        return ClosedDay(last, now.astimezone(UTC))
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    if start != floor_day(start) or start > last:
        raise ValueError(f"{day} is not a UTC day that ended by {now:%Y-%m-%dT%H:%MZ}")
    return ClosedDay(start, now.astimezone(UTC))
