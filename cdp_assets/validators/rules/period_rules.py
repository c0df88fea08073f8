"""Period arithmetic: slots of a period, its state, what may be fetched (validator §2).

Plain functions of integers; no clock, no database, no Dagster. Periods are ordered by ordinal,
never by text. Scope: ranges, ordinals, status, eligibility; not here: requests for a chain's head.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from resources.sources.solana.solana_responses import EpochSchedule

PeriodType = Literal["EPOCH", "BLOCK_WINDOW", "SLOT_RANGE"]
Status = Literal["OPEN", "ENDED", "FINAL", "CLOSED"]

SOLANA_SHORTEST_EPOCH_SLOTS = 32  # MINIMUM_SLOTS_PER_EPOCH: the first warm-up epoch, then doubling
ETH_WINDOW_EPOCHS = 225  # 24 h from genesis (validator §2)
ETH_SLOTS_PER_EPOCH = 32  # beacon chain protocol constant
_SLOT_RANGE = re.compile(r"([0-9]+)-([0-9]+)")


@dataclass(frozen=True, slots=True)
class Period:
    """One period: both slots are inclusive."""

    period_type: PeriodType
    period_id: str
    ordinal: int
    start_slot: int
    end_slot: int


@dataclass(frozen=True, slots=True)
class PeriodEdges:
    """First and last produced block of an ended period: heights, and times in UTC."""

    start_block: int | None
    end_block: int | None
    start_ts: datetime | None
    end_ts: datetime | None


UNKNOWN_EDGES = PeriodEdges(None, None, None, None)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain is.

    Attributes:
        slot: Its newest finalized slot.
        periods: Every period from the first one that has begun by then, ascending.
    """

    slot: int
    periods: tuple[Period, ...]

    @property
    def running(self) -> Period | None:
        """Return the period of the head; null between two slot ranges, or before the first."""
        if self.periods and self.periods[-1].end_slot >= self.slot:
            return self.periods[-1]
        return None

    @property
    def passed_percent(self) -> int:
        """Return the share of the running period that has passed; 0 where none runs."""
        if self.running is None:
            return 0
        length = self.running.end_slot - self.running.start_slot + 1
        return 100 * (self.slot - self.running.start_slot) // length


@dataclass(frozen=True, slots=True)
class PeriodPlanner:
    """Lists the periods of a chain's main type.

    Attributes:
        period_type: That type.
        first_period: Ordinal of the first period that is accounted for.
        slot_ranges: The periods of a chain whose type is SLOT_RANGE.
    """

    period_type: PeriodType
    first_period: int
    slot_ranges: Sequence[str] = ()

    def epochs(self, epoch: int, schedule: EpochSchedule) -> tuple[Period, ...]:
        """Return the epochs from the first one to the running one."""
        return tuple(epoch_period(n, schedule) for n in range(self.first_period, epoch + 1))

    def upto(self, slot: int, slots_per_epoch: int = ETH_SLOTS_PER_EPOCH) -> tuple[Period, ...]:
        """Return the windows or ranges that have begun by a slot, ascending.

        Args:
            slot: The head.
            slots_per_epoch: Of the chain; a window is 225 epochs.

        Raises:
            ValueError: The type is EPOCH, whose length only the chain's schedule has.
        """
        if self.period_type == "BLOCK_WINDOW":
            last = slot // (ETH_WINDOW_EPOCHS * slots_per_epoch)
            ordinals = range(self.first_period, last + 1)
            return tuple(block_window(n, slots_per_epoch) for n in ordinals)
        if self.period_type == "SLOT_RANGE":
            ranges = sorted(map(slot_range, self.slot_ranges), key=lambda found: found.ordinal)
            return tuple(r for r in ranges if self.first_period <= r.start_slot <= slot)
        raise ValueError("the periods of type EPOCH follow from the chain's schedule")


def epoch_period(epoch: int, schedule: EpochSchedule) -> Period:
    """Return an epoch's slots from the schedule's own fields, warm-up epochs included."""
    start = first_slot_of_epoch(epoch, schedule)
    return Period("EPOCH", str(epoch), epoch, start, start + slots_in_epoch(epoch, schedule) - 1)


def first_slot_of_epoch(epoch: int, schedule: EpochSchedule) -> int:
    """Return the first slot of an epoch."""
    if epoch < schedule.first_normal_epoch:
        return ((1 << epoch) - 1) * SOLANA_SHORTEST_EPOCH_SLOTS
    normal = epoch - schedule.first_normal_epoch
    return schedule.first_normal_slot + normal * schedule.slots_per_epoch


def slots_in_epoch(epoch: int, schedule: EpochSchedule) -> int:
    """Return how many slots an epoch has; warm-up epochs double from 32."""
    if epoch < schedule.first_normal_epoch:
        return (1 << epoch) * SOLANA_SHORTEST_EPOCH_SLOTS
    return schedule.slots_per_epoch


def block_window(ordinal: int, slots_per_epoch: int = ETH_SLOTS_PER_EPOCH) -> Period:
    """Return an Ethereum day anchored at genesis: slots [7200k, 7200k + 7199]."""
    slots = ETH_WINDOW_EPOCHS * slots_per_epoch
    return Period("BLOCK_WINDOW", str(ordinal), ordinal, ordinal * slots, (ordinal + 1) * slots - 1)


def period_before(period: Period, back: int) -> Period:
    """Return the epoch or window that is some periods earlier, of the same length.

    Raises:
        ValueError: Slot ranges follow from no rule.
    """
    if period.period_type == "SLOT_RANGE":
        raise ValueError(f"no rule gives the slot range before {period.period_id}")
    ordinal, length = period.ordinal - back, period.end_slot - period.start_slot + 1
    start = period.start_slot - back * length
    return Period(period.period_type, str(ordinal), ordinal, start, start + length - 1)


def slot_range(period_id: str) -> Period:
    """Read an explicit range such as ``9235680-9437279``; it is ordered by its first slot.

    Raises:
        ValueError: Not a range, or reversed.
    """
    match = _SLOT_RANGE.fullmatch(period_id)
    if match is None:
        raise ValueError(f"{period_id!r} is not a slot range such as 9235680-9437279")
    start, end = int(match[1]), int(match[2])
    if end < start or f"{start}-{end}" != period_id:
        raise ValueError(f"slot range {period_id!r} is reversed or has leading zeros")
    return Period("SLOT_RANGE", period_id, start, start, end)


def ordinal_of(period_type: PeriodType, period_id: str) -> int:
    """Return the number that orders a period; text order would put 99 after 100.

    Raises:
        ValueError: The id is not of this type.
    """
    if period_type == "SLOT_RANGE":
        return slot_range(period_id).ordinal
    if not (period_id.isascii() and period_id.isdigit()) or str(int(period_id)) != period_id:
        raise ValueError(f"{period_id!r} is not a period id such as 850")
    return int(period_id)


def age_of(place: int, count: int, *, is_running: bool) -> int:
    """Return how many periods after this one have begun; the gap after a last range counts as one.

    Where periods are gapless this is the difference of ordinals to the running one.

    Args:
        place: Of the period among those that have begun, ascending, from 0.
        count: How many have begun.
        is_running: The last of them is not over.
    """
    return count - 1 - place + (0 if is_running else 1)


def status_of(period: Period, head_slot: int, age: int, lags: Mapping[str, int]) -> Status:
    """Return OPEN, ENDED or FINAL.

    Args:
        period: The period.
        head_slot: The chain's newest slot.
        age: How many periods have begun since (``age_of``).
        lags: Of each component, in periods.

    ENDED: the chain's head is past the last slot. FINAL: every component is past its lag. CLOSED
    is not decided here: it depends on released statements.
    """
    if head_slot <= period.end_slot:
        return "OPEN"
    if age >= max(lags.values()):
        return "FINAL"
    return "ENDED"
