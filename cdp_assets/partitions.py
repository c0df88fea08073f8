"""Partitions: every definition, and keys to windows and back (spec README, "Partitions").

All are UTC and half-open. A partition exists as soon as its window has begun: a deal counts when
its start is reached (compliance §3.1), so the running hour, day and week exist and are rebuilt
until they end. Scope: definitions, keys, windows; not here: which partitions are stale
(``cdp_assets.core.planning.staleness``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import dagster as dg

from cdp_assets.settings import Settings, get_settings
from cdp_assets.units import FILPLUS_START_HEIGHT, height_to_time

FILPLUS_START = height_to_time(FILPLUS_START_HEIGHT)  # no deal before it counts (compliance §1.3)
KEY_PATTERN = re.compile(
    r"[A-Za-z0-9:._-]+"
)  # no comma, no space: the backfill dialogue splits there
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

Window = tuple[datetime, datetime]


def floor_hour(instant: datetime) -> datetime:
    """Return the start of the UTC hour that contains an instant."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def floor_day(instant: datetime) -> datetime:
    """Return the start of the UTC day that contains an instant."""
    return floor_hour(instant).replace(hour=0)


def floor_week(instant: datetime) -> datetime:
    """Return Monday 00:00 UTC of the week that contains an instant, as SQL's date_trunc does."""
    day = floor_day(instant)
    return day - timedelta(days=day.weekday())


def floor_month(instant: datetime) -> datetime:
    """Return the start of the UTC month that contains an instant."""
    return floor_day(instant).replace(day=1)


def next_month(instant: datetime) -> datetime:
    """Return the start of the UTC month after the one that contains an instant."""
    return floor_month(floor_month(instant) + 31 * _DAY)


def build_hours(settings: Settings) -> dg.HourlyPartitionsDefinition:
    """Return the hours since the start; with a pinned clock up to the hour that contains it."""
    end = floor_hour(settings.as_of) + _HOUR if settings.as_of else None
    return dg.HourlyPartitionsDefinition(
        start_date=settings.partitions_start, end_date=end, timezone="UTC", end_offset=1
    )


def build_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return the days since the start; with a pinned clock up to the day that contains it."""
    end = floor_day(settings.as_of) + _DAY if settings.as_of else None
    return dg.DailyPartitionsDefinition(
        start_date=settings.partitions_start, end_date=end, timezone="UTC", end_offset=1
    )


def build_weeks(settings: Settings) -> dg.WeeklyPartitionsDefinition:
    """Return the weeks since the start, Monday 00:00 UTC each, up to the running one."""
    end = floor_week(settings.as_of) + _WEEK if settings.as_of else None
    return dg.WeeklyPartitionsDefinition(
        start_date=settings.partitions_start,
        end_date=end,
        timezone="UTC",
        day_offset=1,
        end_offset=1,
    )


def build_months(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """Return the months since that of the start, keys ``YYYY-MM``, up to the running one."""
    end = next_month(settings.as_of) if settings.as_of else None
    return dg.MonthlyPartitionsDefinition(
        start_date=floor_month(settings.partitions_start),
        end_date=end,
        timezone="UTC",
        fmt="%Y-%m",
        end_offset=1,
    )


hours = build_hours(get_settings())
days = build_days(get_settings())
weeks = build_weeks(get_settings())
months = build_months(get_settings())


@lru_cache
def chain_periods(chain_id: str) -> dg.DynamicPartitionsDefinition:
    """Return the periods of a chain's main type: bare period ids, added in ascending order."""
    return dg.DynamicPartitionsDefinition(name=f"periods_{snake_case(chain_id)}")


def snake_case(chain_id: str) -> str:
    """Return a chain id as asset keys and table names have it."""
    return chain_id.replace("-", "_")


def window_of(definition: dg.TimeWindowPartitionsDefinition, key: str) -> Window:
    """Return the half-open UTC window of a partition key."""
    window = definition.time_window_for_partition_key(key)
    return window.start.astimezone(UTC), window.end.astimezone(UTC)


def window_of_keys(definition: dg.TimeWindowPartitionsDefinition, keys: Sequence[str]) -> Window:
    """Return the window from the start of the first key to the end of the last."""
    return window_of(definition, keys[0])[0], window_of(definition, keys[-1])[1]


def key_of(definition: dg.TimeWindowPartitionsDefinition, start: datetime) -> str:
    """Return the key of the partition that begins at an instant."""
    return start.astimezone(UTC).strftime(definition.fmt)


def keys_between(
    definition: dg.TimeWindowPartitionsDefinition, start: datetime, end: datetime
) -> list[str]:
    """Return the keys of the partitions that overlap ``[start, end)``, ascending.

    Plain arithmetic instead of the definition's own listing: that depends on the clock and is slow
    for many keys.
    """
    if isinstance(definition, dg.MonthlyPartitionsDefinition):
        return _months_between(definition, start, end)
    step, floor = _grain(definition)
    first = max(floor(start), definition.start.astimezone(UTC))
    count = max(0, -((first - end) // step))
    return [key_of(definition, first + step * n) for n in range(count)]


def _months_between(
    definition: dg.MonthlyPartitionsDefinition, start: datetime, end: datetime
) -> list[str]:
    month = max(floor_month(start), definition.start.astimezone(UTC))
    keys = []
    while month < end:
        keys.append(key_of(definition, month))
        month = next_month(month)
    return keys


def window_containing(definition: dg.TimeWindowPartitionsDefinition, instant: datetime) -> Window:
    """Return the window of the partition that contains an instant."""
    if isinstance(definition, dg.MonthlyPartitionsDefinition):
        return floor_month(instant), next_month(instant)
    step, floor = _grain(definition)
    start = floor(instant)
    return start, start + step


def contiguous_ranges(
    definition: dg.TimeWindowPartitionsDefinition, keys: Sequence[str], *, bridged: int = 0
) -> list[tuple[str, str]]:
    """Return the fewest inclusive key ranges that hold these keys, ascending; not for months.

    Args:
        definition: What the keys belong to.
        keys: Any order, repeats allowed.
        bridged: Longest gap, in partitions, that one range may include: rebuilding a few
            partitions costs less than another run.
    """
    step, _ = _grain(definition)
    starts = sorted(window_of(definition, key)[0] for key in set(keys))
    ranges: list[tuple[datetime, datetime]] = []
    for start in starts:
        if ranges and start - ranges[-1][1] <= step * (bridged + 1):
            ranges[-1] = (ranges[-1][0], start)
        else:
            ranges.append((start, start))
    return [(key_of(definition, a), key_of(definition, b)) for a, b in ranges]


def _grain(
    definition: dg.TimeWindowPartitionsDefinition,
) -> tuple[timedelta, Callable[[datetime], datetime]]:
    if isinstance(definition, dg.HourlyPartitionsDefinition):
        return _HOUR, floor_hour
    if isinstance(definition, dg.DailyPartitionsDefinition):
        return _DAY, floor_day
    return _WEEK, floor_week
