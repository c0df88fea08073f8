"""The simulated chain: its head, its epochs, its restatements.

Scope: slots and time, the epochs that were loaded, restatements by the simulated clock; not here:
the protocol (``node``), slots inside one epoch (``epoch``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.server.clock import SimulatedClock, read_instant
from simulator.solana.epoch import SKIP_SPAN, EpochPlan
from simulator.solana.validators import (
    GROUP,
    EpochValidator,
    Restatement,
    generated_validators,
    read_restatement,
    read_validators,
    rest_of_network,
    restate,
)

MAINNET_SLOTS_PER_EPOCH = 432_000
SMALLEST_EPOCH = 48
# Of every sixteen generated epochs one is corrected two weeks after its end.
_CORRECTED_EPOCHS, _CORRECTED_REST = 16, 14
_CORRECTED_AFTER = timedelta(days=14)
_CORRECTED_PERCENT = 97  # of the fees of validator number 2 are left
_ANCHOR_EPOCH = 842  # an epoch with real data; its instant is rounded to a day
_ANCHOR_AT = datetime(2025, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Geometry:
    """How epochs, slots and time are related.

    Attributes:
        slots_per_epoch: A multiple of 16, at least 48.
        epoch_seconds: How long an epoch takes.
        epoch: An epoch …
        starts_at: … and the instant (UTC) of its first slot.
    """

    slots_per_epoch: int = 96
    epoch_seconds: int = 172_800
    epoch: int = _ANCHOR_EPOCH
    starts_at: datetime = _ANCHOR_AT

    def __post_init__(self) -> None:
        """Refuse an epoch that cannot be divided.

        Raises:
            ValueError: Too short, not a multiple of 16, or without duration.
        """
        if self.slots_per_epoch < SMALLEST_EPOCH or self.slots_per_epoch % SKIP_SPAN:
            raise ValueError(f"slots_per_epoch is a multiple of {SKIP_SPAN} from {SMALLEST_EPOCH}")
        if self.epoch_seconds < 1:
            raise ValueError("epoch_seconds is at least 1")

    def head(self, now: datetime) -> int:
        """Return the newest slot that has begun; 0 before the chain began."""
        elapsed = (now - self.starts_at) // timedelta(microseconds=1)
        slots = elapsed * self.slots_per_epoch // (self.epoch_seconds * 1_000_000)
        return max(0, self.epoch * self.slots_per_epoch + slots)

    def slot_time(self, slot: int) -> int:
        """Return the Unix seconds of a slot's beginning, rounded up."""
        slots = slot - self.epoch * self.slots_per_epoch
        start = int(self.starts_at.timestamp())
        return start - (-slots * self.epoch_seconds // self.slots_per_epoch)


class SolanaChain:
    """One chain, generated until real data is loaded.

    Args:
        seed: Of keys, schedules, skipped slots and fees.
        clock: Sets the head and makes restatements effective.
        geometry: Of the generated chain.
    """

    def __init__(self, seed: int, clock: SimulatedClock, geometry: Geometry) -> None:
        self.seed = seed
        self._clock = clock
        self._generated = geometry
        self.geometry = geometry
        self._loaded: dict[int, list[EpochValidator]] = {}
        self._restated: dict[int, list[Restatement]] = {}
        self._corrections: dict[int, Restatement] = {}  # of the generated chain
        self._plans: dict[tuple[int, int], EpochPlan] = {}
        self.rest = rest_of_network(seed)

    @property
    def head(self) -> int:
        """The newest slot; everything up to it is finalized."""
        return self.geometry.head(self._clock.now)

    @property
    def epoch(self) -> int:
        """The epoch of the head."""
        return self.head // self.geometry.slots_per_epoch

    def load(self, document: dict[str, Any]) -> None:
        """Replace the chain by given data of an epoch, or add an epoch to loaded ones.

        Args:
            document: ``epoch`` and ``validators`` (see ``read_validators``); the first time, too,
                ``slots_per_epoch`` (432000), ``epoch_seconds`` (172800) and ``starts_at`` (instant
                of the epoch's first slot). Another length or start drops what was loaded before.

        Raises:
            ValueError: Another form, or more leader slots than the epoch has.
        """
        epoch = _epoch_of(document)
        validators = read_validators(document.get("validators"))
        geometry = self._geometry_of(document, epoch)
        placed = sum(-(-one.leader_slots // GROUP) for one in validators)
        if placed * GROUP > geometry.slots_per_epoch:
            raise ValueError(f"{placed * GROUP} leader slots do not fit into epoch {epoch}")
        if geometry != self.geometry or not self._loaded:
            self.geometry = geometry
            self._loaded.clear()
            self._restated.clear()
        self._loaded[epoch] = validators
        self._restated.pop(epoch, None)
        self._plans.clear()

    def restate(self, document: dict[str, Any]) -> None:
        """Add a correction of an epoch.

        Args:
            document: ``epoch`` and what changes: ``fees``, ``mev``, ``inflation`` (vote account →
                lamports), ``vanish`` (vote accounts), ``appear`` (validators); from
                ``effective_at`` on, if given. ``upload_at``: its MEV is published only then.

        Raises:
            ValueError: Another form, an unknown vote account, or no slots left.
        """
        epoch = _epoch_of(document)
        change = read_restatement(document)
        known = {one.vote: one for one in self._ever(epoch)} | {
            one.vote: one for one in change.appear
        }
        for vote in [*change.fees, *change.mev, *change.inflation, *change.vanish]:
            if vote not in known:
                raise ValueError(f"epoch {epoch} has no vote account {vote}")
            if change.fees.get(vote) and not known[vote].leader_slots:
                raise ValueError(f"{vote} leads no slot of epoch {epoch} that could pay fees")
        slots = sum(GROUP * -(-one.leader_slots // GROUP) for one in known.values())
        if slots > self.geometry.slots_per_epoch:
            raise ValueError(f"{slots} leader slots do not fit into epoch {epoch}")
        self._restated.setdefault(epoch, []).append(change)

    def forget(self) -> None:
        """Return to the generated chain."""
        self.geometry = self._generated
        self._loaded.clear()
        self._restated.clear()
        self._plans.clear()

    def validators(self, epoch: int) -> list[EpochValidator]:
        """Return the validators of an epoch as of the simulated clock."""
        found = self._base(epoch)
        for change in self._effective(epoch):
            found = restate(found, change)
        return found

    def known_epochs(self, count: int) -> list[int]:
        """Return at most so many epochs that are over, the newest first."""
        newest = range(self.epoch - 1, max(-1, self.epoch - 1 - count), -1)
        if not self._loaded:
            return list(newest)
        return sorted((epoch for epoch in self._loaded if epoch < self.epoch), reverse=True)[:count]

    def is_uploaded(self, epoch: int) -> bool:
        """Return whether the MEV of an epoch is published: once the next one is over."""
        delays = [c.upload_at for c in self._effective(epoch) if c.upload_at is not None]
        return self._clock.now >= max(delays) if delays else epoch + 2 <= self.epoch

    def present_validators(self) -> list[EpochValidator]:
        """Return the validators of the current epoch, or of the newest loaded one before it."""
        if not self._loaded:
            return [*self.validators(self.epoch), self.rest]
        past = [epoch for epoch in self._loaded if epoch <= self.epoch]
        return self.validators(max(past) if past else min(self._loaded))

    def plan(self, epoch: int) -> EpochPlan:
        """Return the slots of an epoch as of the simulated clock."""
        key = (epoch, len(self._effective(epoch)))
        if key not in self._plans:
            self._plans[key] = EpochPlan(
                seed=self.seed,
                epoch=epoch,
                slots=self.geometry.slots_per_epoch,
                validators=self.validators(epoch),
                places=self._ever(epoch),
                rest=self.rest.identities[0],
            )
        return self._plans[key]

    def as_json(self) -> dict[str, Any]:
        """Return the control endpoint's description of the chain."""
        return {
            "epoch": self.epoch,
            "slot": self.head,
            "slots_per_epoch": self.geometry.slots_per_epoch,
            "epoch_seconds": self.geometry.epoch_seconds,
            "loaded_epochs": sorted(self._loaded),
            "rest_identity": self.rest.identities[0],
            "validators": [
                {
                    "vote": one.vote,
                    "identities": list(one.identities),
                    "stake": one.stake,
                    "leader_slots": one.leader_slots,
                    "commission": one.commission,
                    "delinquent": one.delinquent,
                }
                for one in self.present_validators()
            ],
        }

    def _base(self, epoch: int) -> list[EpochValidator]:
        if self._loaded:
            return self._loaded.get(epoch, [])
        return generated_validators(self.seed, epoch, self.geometry.slots_per_epoch)

    def _ever(self, epoch: int) -> list[EpochValidator]:
        """Return every validator that is in the epoch at any time, the first ones first."""
        found = {one.vote: one for one in self._base(epoch)}
        for change in self._restated.get(epoch, []):
            for one in change.appear:
                found.setdefault(one.vote, one)
        return list(found.values())

    def _effective(self, epoch: int) -> list[Restatement]:
        return [
            change
            for change in [*self._corrected(epoch), *self._restated.get(epoch, [])]
            if change.effective_at is None or change.effective_at <= self._clock.now
        ]

    def _corrected(self, epoch: int) -> tuple[Restatement, ...]:
        """Return the correction of a generated epoch: one in sixteen has one, two weeks later."""
        if self._loaded or epoch % _CORRECTED_EPOCHS != _CORRECTED_REST:
            return ()
        if epoch not in self._corrections:
            self._corrections[epoch] = self._correction(epoch)
        return (self._corrections[epoch],)

    def _correction(self, epoch: int) -> Restatement:
        end = self.geometry.slot_time((epoch + 1) * self.geometry.slots_per_epoch)
        validators = self._base(epoch)
        plan = EpochPlan(
            seed=self.seed,
            epoch=epoch,
            slots=self.geometry.slots_per_epoch,
            validators=validators,
            places=validators,
            rest=self.rest.identities[0],
        )
        vote = validators[1].vote
        at = datetime.fromtimestamp(end, UTC) + _CORRECTED_AFTER
        fees = {vote: plan.fees_of(vote) * _CORRECTED_PERCENT // 100}
        return Restatement(at, fees, frozenset(), ())

    def _geometry_of(self, document: dict[str, Any], epoch: int) -> Geometry:
        if not self._loaded:
            base = Geometry(slots_per_epoch=MAINNET_SLOTS_PER_EPOCH)
        else:
            base = self.geometry
        changed: dict[str, Any] = {
            name: document[name]
            for name in ("slots_per_epoch", "epoch_seconds")
            if name in document
        }
        if "starts_at" in document:
            starts_at = read_instant(document["starts_at"])
            if self._loaded and base.slot_time(epoch * base.slots_per_epoch) == int(
                starts_at.timestamp()
            ):
                return replace(base, **changed)
            changed |= {"starts_at": starts_at, "epoch": epoch}
        return replace(base, **changed)


def _epoch_of(document: dict[str, Any]) -> int:
    epoch = document.get("epoch")
    if type(epoch) is not int or epoch < 0:
        raise ValueError("epoch is a whole number from 0")
    return epoch
