"""Fee income of validators: leader schedule, produced slots, block rewards (validator §3.1, §5).

Plain functions of integers; memory is bounded by the slots of one period, not by its blocks.
Scope: fees per identity and validator; not here: reading stored responses or writing rows
(``normalise``).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from cdp_assets.errors import TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.rules.nullable_amounts import sum_or_none
from cdp_assets.validators.rules.period_rules import Period
from resources.sources.solana.solana_responses import Block, SkippedSlot

COLLECTOR_DIFFERS = "FEE_COLLECTOR_DIFFERS"  # paid to another account than the slot's leader
_NO_LEADER = -1


@dataclass(slots=True)
class FeeTotals:
    """What one key earned in one period, in the smallest unit and in counts.

    Attributes:
        leader_slots: Slots that it led; null where missed ones are unknown.
        base_fees_native: Base fees; null where the source does not separate them.
        priority_fees_native: Priority fees; null where the source does not separate them.
        flags: Quality flags.
    """

    total_fees_native: int = 0
    fee_count: int = 0
    blocks_produced: int = 0
    leader_slots: int | None = 0
    base_fees_native: int | None = None
    priority_fees_native: int | None = None
    flags: set[str] = field(default_factory=set)

    def add(self, other: FeeTotals) -> None:
        """Add what another identity of the same validator earned."""
        self.total_fees_native += other.total_fees_native
        self.fee_count += other.fee_count
        self.blocks_produced += other.blocks_produced
        self.leader_slots = sum_or_none((self.leader_slots, other.leader_slots))
        self.base_fees_native = sum_or_none((self.base_fees_native, other.base_fees_native))
        self.priority_fees_native = sum_or_none(
            (self.priority_fees_native, other.priority_fees_native)
        )
        self.flags |= other.flags


@dataclass
class EpochBlocks:
    """Slots of one epoch: who leads each, which hold a block, and what leaders were paid.

    Args:
        period: The epoch.
        schedule: Slot indexes from the epoch's start, by identity.
    """

    period: Period
    schedule: Mapping[str, Iterable[int]]
    identities: list[str] = field(init=False)
    _leader: array[int] = field(init=False)
    _produced: bytearray = field(init=False)
    _totals: list[FeeTotals] = field(init=False)

    def __post_init__(self) -> None:
        size = self.period.end_slot - self.period.start_slot + 1
        self.identities = sorted(self.schedule)
        self._leader = array("i", [_NO_LEADER]) * size
        self._produced = bytearray(size)
        self._totals = [FeeTotals() for _ in self.identities]
        for number, identity in enumerate(self.identities):
            for index in self.schedule[identity]:
                if index >= size:
                    raise TransientFailure(
                        f"the leader schedule names slot index {index} of {size}"
                    )
                self._leader[index] = number
        if _NO_LEADER in self._leader:
            missing = self._leader.count(_NO_LEADER)
            raise TransientFailure(
                f"a partial response: the leader schedule leaves {missing} of "
                f"{counted(size, 'slot')} open",
                key=self.period.period_id,
                hint="fetch again, or from another node",
            )

    def record_produced(self, start: int, end: int, slots: Iterable[int]) -> None:
        """Record a response about ``[start, end]``; a later one for the same slots replaces it."""
        low, high = start - self.period.start_slot, end - self.period.start_slot
        if low < 0 or high >= len(self._produced):
            raise ValueError(f"{start}..{end} is not inside epoch {self.period.period_id}")
        self._produced[low : high + 1] = bytes(high - low + 1)
        for slot in slots:
            self._produced[slot - self.period.start_slot] = 1

    def is_produced(self, slot: int) -> bool:
        """Return whether a slot of the epoch holds a block."""
        return bool(self._produced[slot - self.period.start_slot])

    def wanted_slots(self, wanted: Callable[[str], bool]) -> list[int]:
        """Return the produced slots whose leader is ``wanted``, ascending."""
        chosen = {n for n, identity in enumerate(self.identities) if wanted(identity)}
        start = self.period.start_slot
        return [
            start + index
            for index, leader in enumerate(self._leader)
            if leader in chosen and self._produced[index]
        ]

    def last_produced(self) -> int | None:
        """Return the last slot that holds a block; null when none does."""
        index = self._produced.rfind(1)
        return None if index < 0 else self.period.start_slot + index

    def check_parent(self, block: Block) -> None:
        """Check a block against the list of produced slots: its parent is the previous one.

        Raises:
            TransientFailure: The list is partial, or the node contradicts itself.
        """
        if block.slot == 0:
            return  # genesis is its own parent
        start = self.period.start_slot
        before = self._produced.rfind(1, 0, block.slot - start)
        expected = start + before if before >= 0 else None
        parent = block.parent_slot if block.parent_slot >= start else None
        listed = "in an earlier epoch" if expected is None else expected
        if parent != expected:
            raise TransientFailure(
                f"a partial response: block {block.slot} follows slot {block.parent_slot}, but the "
                f"previous slot in the list of produced slots is {listed}",
                key=self.period.period_id,
                hint="fetch again, or from another node",
            )

    def add_block(self, block: Block | SkippedSlot) -> None:
        """Count one block for the leader of its slot."""
        if isinstance(block, SkippedSlot):
            return
        leader = self._leader[block.slot - self.period.start_slot]
        totals, identity = self._totals[leader], self.identities[leader]
        totals.fee_count += 1 if block.fee_rewards else 0
        for receiver, lamports in block.fee_rewards:
            totals.total_fees_native += lamports
            if receiver != identity:
                totals.flags.add(COLLECTOR_DIFFERS)

    def totals(self) -> dict[str, FeeTotals]:
        """Return what each identity of the schedule earned; call it once, after all blocks."""
        led = Counter(self._leader)
        for index, leader in enumerate(self._leader):
            self._totals[leader].blocks_produced += self._produced[index]
        for leader, totals in enumerate(self._totals):
            totals.leader_slots = led[leader]
        return dict(zip(self.identities, self._totals, strict=True))


@dataclass(frozen=True)
class ValidatorFees:
    """Fees of a period by validator, and of identities without a known validator.

    Attributes:
        by_validator: Of known validators.
        unattributed: Of identities.
        is_proven: The fetch itself proves its total, so that 0 needs no second fetch.
    """

    by_validator: Mapping[str, FeeTotals]
    unattributed: Mapping[str, FeeTotals]
    is_proven: bool = False

    @property
    def total(self) -> int:
        """Return the sum of attributed and unattributed fees: what the leaders were paid."""
        everyone = [*self.by_validator.values(), *self.unattributed.values()]
        return sum(totals.total_fees_native for totals in everyone)


def fees_by_validator(
    by_identity: Mapping[str, FeeTotals],
    validator_of: Mapping[str, str],
    tracked: Callable[[str], bool],
) -> ValidatorFees:
    """Sum identities into validators; two identities of one validator in a period are legal.

    Args:
        by_identity: Totals by leader identity.
        validator_of: Vote account by identity, as observed in that period.
        tracked: Whether a vote account is tracked.
    """
    attributed: dict[str, FeeTotals] = {}
    unattributed: dict[str, FeeTotals] = {}
    for identity in sorted(by_identity):
        validator = validator_of.get(identity)
        if validator is None:
            unattributed[identity] = by_identity[identity]
        elif tracked(validator) and validator in attributed:
            attributed[validator].add(by_identity[identity])
        elif tracked(validator):
            first = by_identity[identity]
            attributed[validator] = replace(first, flags=set(first.flags))
    return ValidatorFees(attributed, unattributed)
