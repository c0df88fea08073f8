"""The day that the daily job checks: the last one that has ended.

Scope: its bounds as parameters of statements; not here: the clock (``cdp_assets.clock``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cdp_assets.errors import BadConfiguration
from cdp_assets.partitions import floor_day


@dataclass(frozen=True)
class ClosedDay:
    """A UTC day ``[start, end)`` that has ended, and the instant of the check."""

    start: datetime
    now: datetime

    @property
    def end(self) -> datetime:
        """Return the midnight that ends the day."""
        return self.start + timedelta(days=1)

    def values(self) -> dict[str, object]:
        """Return the parameters of checks: timestamps without zone, UTC."""
        return {
            name: instant.replace(tzinfo=None)
            for name, instant in (("day", self.start), ("next_day", self.end), ("now", self.now))
        }


def closed_day(now: datetime, day: str | None = None) -> ClosedDay:
    """Return the day before that of an instant, or a named one.

    Args:
        now: The clock, with a zone.
        day: An ISO date; null: the last closed day.

    Raises:
        BadConfiguration: The named day has not ended, or is no date.
    """
    last = floor_day(now) - timedelta(days=1)
    if day is None:
        return ClosedDay(last, now.astimezone(UTC))
    try:
        start = datetime.combine(date.fromisoformat(day), time(tzinfo=UTC))
    except ValueError:
        start = None
    if start is None or start > last:
        raise BadConfiguration(
            f"{day} is no UTC day that ended by {now.astimezone(UTC):%Y-%m-%d %H:%M}",
            key="day",
            hint="write it as YYYY-MM-DD, or omit it for the last closed day",
        )
    return ClosedDay(start, now.astimezone(UTC))
