"""The simulated Ethereum chain: its head, and data that replaces what is generated.

Scope: slots and time, loaded blocks and rewards, what the nodes have pruned; not here: generated
content (``blocks``), protocols (``beacon_node``, ``execution_node``, ``relays``, ``explorer``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from simulator.ethereum import blocks
from simulator.ethereum.blocks import (
    FIRST_INDEX,
    RELAYS,
    VALIDATORS,
    Bid,
    SimulatedBlock,
    SimulatedTransaction,
    SimulatedValidator,
)
from simulator.ethereum.keys import address, pubkey
from simulator.server.clock import SimulatedClock, read_instant

MAINNET_GENESIS = 1_606_824_023  # 2020-12-01T12:00:23Z
_FINALITY_EPOCHS = 2


@dataclass(frozen=True)
class EthereumGeometry:
    """How slots, epochs and time are related; windows of 225 epochs begin as on the main network.

    Attributes:
        slots_per_epoch: 32 on the main network; 1 makes a window of 225 slots.
        slot_seconds: 12 on the main network; 384 gives epochs of 1 slot the same duration.
        genesis: Unix seconds of slot 0.
    """

    slots_per_epoch: int = 1
    slot_seconds: int = 384
    genesis: int = MAINNET_GENESIS

    def head(self, now: datetime) -> int:
        """Return the newest slot that has begun; 0 before genesis."""
        return max(0, (int(now.timestamp()) - self.genesis) // self.slot_seconds)


MAINNET = EthereumGeometry(slots_per_epoch=32, slot_seconds=12)


@dataclass(frozen=True)
class LoadedData:
    """Data that replaces what is generated, from an instant of the simulated clock on.

    Attributes:
        blocks: By slot; null: the slot is missed.
        attestations: Head, target, source, inactivity in gwei, by (epoch, validator).
        sync_rewards: Gwei by (slot, validator); such a validator is in the committee.
        block_rewards: Four parts in gwei by slot.
    """

    effective_at: datetime | None = None
    blocks: dict[int, SimulatedBlock | None] = field(default_factory=dict)
    attestations: dict[tuple[int, int], tuple[int, int, int, int]] = field(default_factory=dict)
    sync_rewards: dict[tuple[int, int], int] = field(default_factory=dict)
    block_rewards: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)


@dataclass
class NodeLimits:
    """What the simulated nodes do not have or do not say.

    Attributes:
        states_from: First slot with a state; earlier ones are pruned.
        blocks_from: First slot with a block; a node reports earlier ones as "not found".
        omits_finalized: Rewards come without ``finalized``, as from one client until 2026.
        finality_epochs: Epochs between the head and what is finalized.
        is_optimistic: The beacon node has not verified the execution payloads yet.
    """

    states_from: int = 0
    blocks_from: int = 0
    omits_finalized: bool = False
    finality_epochs: int = _FINALITY_EPOCHS
    is_optimistic: bool = False


class EthereumChain:
    """One chain, generated except for what was loaded."""

    def __init__(self, seed: int, clock: SimulatedClock, geometry: EthereumGeometry) -> None:
        self.seed = seed
        self.geometry = geometry
        self.limits = NodeLimits()
        self._clock = clock
        self._loaded: list[LoadedData] = []

    @property
    def head(self) -> int:
        """The newest slot."""
        return self.geometry.head(self._clock.now)

    @property
    def finalized_epoch(self) -> int:
        """The newest epoch that is finalized."""
        return max(0, self.epoch_of(self.head) - self.limits.finality_epochs)

    def epoch_of(self, slot: int) -> int:
        """Return the epoch of a slot."""
        return slot // self.geometry.slots_per_epoch

    def slot_time(self, slot: int) -> int:
        """Return the Unix second at which a slot begins."""
        return self.geometry.genesis + slot * self.geometry.slot_seconds

    def load(self, document: dict[str, Any]) -> None:
        """Replace generated data; a later call wins.

        Args:
            document: Any of ``blocks``, ``attestations``, ``sync_rewards``, ``block_rewards``
                (see ``read_loaded``), from ``effective_at`` on, if given; and ``limits`` of the
                nodes.

        Raises:
            ValueError: Another form.
        """
        limits = document.get("limits", {})
        changed = replace(self.limits, **limits)
        loaded = read_loaded(self.seed, document)
        for slot, block in loaded.blocks.items():
            if block and blocks.is_missed(self.seed, slot):
                raise ValueError(f"slot {slot} holds no block and cannot get one")
        self.limits = changed
        self._loaded.append(loaded)

    def forget(self) -> None:
        """Return to the generated chain."""
        self._loaded.clear()
        self.limits = NodeLimits()

    def validators(self) -> list[SimulatedValidator]:
        """Return all validators of the network, by index."""
        return [blocks.validator(self.seed, FIRST_INDEX + n) for n in range(VALIDATORS)]

    def block(self, slot: int) -> SimulatedBlock | None:
        """Return the block of a slot; null when it is missed or in the future."""
        if slot > self.head or slot < 0:
            return None
        for loaded in self._effective():
            if slot in loaded.blocks:
                return loaded.blocks[slot]
        if blocks.is_missed(self.seed, slot):
            return None
        return blocks.block(self.seed, slot)

    def block_number(self, slot: int) -> int:
        """Return the number of a slot's block.

        A slot that was loaded as missed leaves a gap in the numbers.
        """
        return blocks.block_number(self.seed, slot)

    def block_of_number(self, number: int) -> SimulatedBlock | None:
        """Return a block by its number; null when there is none."""
        return self.block(blocks.slot_of_number(self.seed, number))

    def previous(self, slot: int) -> SimulatedBlock | None:
        """Return the newest block before a slot."""
        return next((found for s in range(slot - 1, -1, -1) if (found := self.block(s))), None)

    def attestation(self, index: int, epoch: int) -> tuple[int, int, int, int]:
        """Return head, target, source and inactivity, in gwei."""
        for loaded in self._effective():
            if (epoch, index) in loaded.attestations:
                return loaded.attestations[(epoch, index)]
        return blocks.attestation(self.seed, index, epoch)

    def committee(self, epoch: int) -> frozenset[int]:
        """Return the members of the sync committee of an epoch."""
        first = epoch // blocks.COMMITTEE_EPOCHS * blocks.COMMITTEE_EPOCHS
        in_period = range(first, first + blocks.COMMITTEE_EPOCHS)
        loaded = (
            index
            for data in self._effective()
            for slot, index in data.sync_rewards
            if self.epoch_of(slot) in in_period
        )
        return blocks.committee(self.seed, epoch) | frozenset(loaded)

    def sync_reward(self, index: int, slot: int) -> int:
        """Return the reward of a member of the committee in a block, in gwei."""
        for loaded in self._effective():
            if (slot, index) in loaded.sync_rewards:
                return loaded.sync_rewards[(slot, index)]
        return blocks.sync_reward(self.seed, index, slot)

    def block_reward(self, slot: int) -> tuple[int, int, int, int]:
        """Return the four parts of a proposer's reward, in gwei."""
        for loaded in self._effective():
            if slot in loaded.block_rewards:
                return loaded.block_rewards[slot]
        return blocks.block_reward(self.seed, slot)

    def as_json(self) -> dict[str, Any]:
        """Return the control endpoint's description of the chain."""
        return {
            "slot": self.head,
            "epoch": self.epoch_of(self.head),
            "finalized_epoch": self.finalized_epoch,
            "slots_per_epoch": self.geometry.slots_per_epoch,
            "slot_seconds": self.geometry.slot_seconds,
            "relays": list(RELAYS),
            "loaded": len(self._loaded),
            "validators": [
                {
                    "index": one.index,
                    "pubkey": one.pubkey,
                    "withdrawal_credentials": one.withdrawal_credentials,
                    "fee_recipient": one.fee_recipient,
                }
                for one in self.validators()
            ],
        }

    def _effective(self) -> list[LoadedData]:
        """Return loaded data that is in effect now, the newest first."""
        now = self._clock.now
        return [
            one for one in reversed(self._loaded) if not one.effective_at or one.effective_at <= now
        ]


def read_loaded(seed: int, document: dict[str, Any]) -> LoadedData:
    """Read loaded data from the control endpoint's JSON.

    Args:
        seed: Of builders' keys.
        document: ``blocks``: each with ``slot``, and ``is_missed`` or ``proposer_index``,
            ``miner``, ``base_fee``, ``receipts`` (pairs of gas used and price), ``payload``
            (``value``, ``recipient``, ``relays``; null: vanilla) and ``paid``, the wei of the last
            transaction from miner to recipient. ``attestations``: lists of epoch, validator, head,
            target, source, inactivity. ``sync_rewards``: lists of slot, validator, gwei.
            ``block_rewards``: lists of slot and four parts.

    Raises:
        ValueError: Another form.
    """
    at = document.get("effective_at")
    given = {one["slot"]: _read_block(seed, one) for one in document.get("blocks", ())}
    return LoadedData(
        effective_at=None if at is None else read_instant(at),
        blocks=given,
        attestations={
            (epoch, index): (head, target, source, inactivity)
            for epoch, index, head, target, source, inactivity in document.get("attestations", ())
        },
        sync_rewards={
            (slot, index): gwei for slot, index, gwei in document.get("sync_rewards", ())
        },
        block_rewards={
            slot: (first, second, third, fourth)
            for slot, first, second, third, fourth in document.get("block_rewards", ())
        },
    )


def _read_block(seed: int, given: dict[str, Any]) -> SimulatedBlock | None:
    if given.get("is_missed"):
        return None
    slot, miner, base_fee = given["slot"], given["miner"], int(given["base_fee"])
    user = address(seed, "user", slot)
    transactions = [
        SimulatedTransaction(user, user, 0, int(gas), int(price))
        for gas, price in given.get("receipts", ())
    ]
    payload, bid = given.get("payload"), None
    if payload is not None:
        relays = tuple(payload.get("relays", RELAYS[:1]))
        builder = pubkey(seed, "builder", miner)
        bid = Bid(int(payload["value"]), payload["recipient"], builder, relays)
        if "paid" in given:
            paid = int(given["paid"])
            transactions.append(
                SimulatedTransaction(miner, payload["recipient"], paid, 21_000, base_fee)
            )
    return SimulatedBlock(slot, given["proposer_index"], miner, base_fee, tuple(transactions), bid)
