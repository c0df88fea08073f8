"""One epoch of a simulated chain: the leader of each slot, skipped slots, fees of each block.

Scope: arithmetic on slot indexes inside one epoch; not here: time and other epochs (``chain``).
"""

from __future__ import annotations

from functools import cached_property

from simulator.randomness import hashed
from simulator.solana.validators import GROUP, EpochValidator

# In every 16 slots one is skipped, never the first of a leader's four: each leader has a block,
# and the number of blocks before a slot needs no counting.
SKIP_SPAN = 16
_SKIPPABLE = tuple(place for place in range(SKIP_SPAN) if place % GROUP)


class EpochPlan:
    """The slots of one epoch.

    Args:
        seed: Of the chain.
        epoch: Number of the epoch.
        slots: Its length.
        validators: Its validators.
        places: Validators in the order in which slots were given out, removed ones included: the
            slots of a removed validator go to the rest, the others keep theirs.
        rest: Identity that leads all other slots.

    Raises:
        ValueError: The validators lead more slots than there are.
    """

    def __init__(
        self,
        seed: int,
        epoch: int,
        slots: int,
        validators: list[EpochValidator],
        places: list[EpochValidator],
        rest: str,
    ) -> None:
        self._seed = seed
        self.epoch = epoch
        self.slots = slots
        self._validators = {one.vote: one for one in validators}
        self._rest = rest
        self._groups = self._place(places)

    def leader(self, index: int) -> str:
        """Return the identity that leads a slot (index from the epoch's start)."""
        return self._leaders.get(index // GROUP, self._rest)

    def is_skipped(self, index: int) -> bool:
        """Return whether the slot has no block."""
        return index % SKIP_SPAN == self._skipped_place(index // SKIP_SPAN)

    def lost_in_storage(self, index: int) -> bool:
        """Return whether a skipped slot is reported as maybe missing in long-term storage."""
        return hashed(self._seed, "lost", self.epoch, index) % 4 == 0

    def skipped_before(self, index: int) -> int:
        """Return how many slots before this one have no block."""
        spans, place = divmod(index, SKIP_SPAN)
        return spans + (self._skipped_place(spans) < place)

    def fee(self, index: int) -> int:
        """Return the lamports that the block of a slot pays its leader."""
        found = self._fees.get(index)
        return self._free_fee(index) if found is None else found

    def fees_of(self, vote: str) -> int:
        """Return the lamports that all blocks of a validator pay it."""
        return sum(self.fee(index) for index in self._blocks(vote))

    @cached_property
    def paid(self) -> dict[str, tuple[int, int]]:
        """Return (blocks, lamports) of each identity that produced a block."""
        found: dict[str, tuple[int, int]] = {}
        for index in range(self.slots):
            if not self.is_skipped(index):
                leader = self.leader(index)
                blocks, lamports = found.get(leader, (0, 0))
                found[leader] = (blocks + 1, lamports + self.fee(index))
        return found

    @cached_property
    def schedule(self) -> dict[str, list[int]]:
        """Return slot indexes by identity, ascending."""
        found: dict[str, list[int]] = {}
        for index in range(self.slots):
            found.setdefault(self.leader(index), []).append(index)
        return dict(sorted(found.items()))

    def _place(self, places: list[EpochValidator]) -> dict[str, list[int]]:
        """Give each validator its groups: hashed places, the next free one where taken."""
        total = self.slots // GROUP
        wanted = [(one.vote, -(-one.leader_slots // GROUP)) for one in places]
        if sum(count for _, count in wanted) > total:
            raise ValueError(f"epoch {self.epoch} has {total} groups of {GROUP} slots, too few")
        taken: set[int] = set()
        groups: dict[str, list[int]] = {}
        for vote, count in wanted:
            groups[vote] = []
            for number in range(count):
                place = hashed(self._seed, "group", self.epoch, vote, number) % total
                while place in taken:
                    place = (place + 1) % total
                taken.add(place)
                groups[vote].append(place)
            groups[vote].sort()
        return groups

    @cached_property
    def _leaders(self) -> dict[int, str]:
        """Return identity by group; a second identity takes over in the middle of its groups."""
        leaders = {}
        for vote, validator in self._validators.items():
            groups, identities = self._groups[vote], validator.identities
            for number, group in enumerate(groups):
                leaders[group] = identities[number * len(identities) // len(groups)]
        return leaders

    @cached_property
    def _fees(self) -> dict[int, int]:
        """Return fee by slot for validators with a given total: shares that sum to it exactly."""
        fees: dict[int, int] = {}
        for vote, validator in self._validators.items():
            blocks = self._blocks(vote)
            if validator.fees is None or not blocks:
                continue
            weights = [self._free_fee(index) for index in blocks]
            everything = sum(weights)
            shares = [validator.fees * weight // everything for weight in weights]
            shares[0] += validator.fees - sum(shares)
            fees.update(zip(blocks, shares, strict=True))
        return fees

    def _blocks(self, vote: str) -> list[int]:
        return [
            index
            for group in self._groups[vote]
            for index in range(group * GROUP, (group + 1) * GROUP)
            if not self.is_skipped(index)
        ]

    def _free_fee(self, index: int) -> int:
        return 5_000_000 + hashed(self._seed, "fee", self.epoch, index) % 200_000_000

    def _skipped_place(self, span: int) -> int:
        mixed = (self.epoch * 1_000_003 + span + self._seed) * 0x9E3779B97F4A7C15 % 2**64
        return _SKIPPABLE[(mixed >> 32) % len(_SKIPPABLE)]
