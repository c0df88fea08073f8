"""Validators, blocks and rewards of the simulated Ethereum chain, generated from labels.

Every block follows from seed and slot alone, so a window of 7,200 slots costs nothing until it is
requested. Scope: content of slots and epochs; not here: time, loaded data (``chain``), protocols.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.ethereum.keys import BLOCK_MARK, ROOT_MARK, address, hash_of_slot, hex_text, pubkey
from simulator.randomness import hashed

GWEI = 10**9
RELAYS = ("alpha", "beta", "gamma")
MISSED_SPAN = 16  # one slot in each span has no block, never the first of the span
FIRST_INDEX, VALIDATORS = 1_000, 24
COMMITTEE_EPOCHS, COMMITTEE_SEATS = 256, 8
FULL_BALANCE = 32 * GWEI  # gwei
_SHARED_VAULT = 3  # the first validators pay to one address, as those of a pool do
_KINDS = ("builder",) * 6 + ("mismatch", "coinbase") + ("vanilla",) * 3 + ("wrong recipient",)


@dataclass(frozen=True)
class SimulatedValidator:
    """One validator; ``fee_recipient`` is the address that it is expected to pay to."""

    index: int
    pubkey: str
    withdrawal_credentials: str
    fee_recipient: str
    is_slashed: bool = False
    activation_epoch: int = 0


@dataclass(frozen=True)
class SimulatedTransaction:
    """One transaction; amounts in wei, ``price`` per gas with the base fee."""

    sender: str
    receiver: str | None
    value: int
    gas_used: int
    price: int


@dataclass(frozen=True)
class Bid:
    """What relays claim about a block: value in wei, its receiver, and the relays that say so."""

    value: int
    recipient: str
    builder_pubkey: str
    relays: tuple[str, ...]


@dataclass(frozen=True)
class SimulatedBlock:
    """A block of both layers; ``bid`` is null for a vanilla block."""

    slot: int
    proposer_index: int
    miner: str
    base_fee: int
    transactions: tuple[SimulatedTransaction, ...]
    bid: Bid | None


def validator(seed: int, index: int) -> SimulatedValidator:
    """Return a validator of the network."""
    number = index - FIRST_INDEX
    owner = "vault" if number < _SHARED_VAULT else index
    recipient = address(seed, "recipient", owner)
    return SimulatedValidator(
        index=index,
        pubkey=pubkey(seed, "validator", index),
        withdrawal_credentials=f"0x01{'00' * 11}{recipient[2:]}",
        fee_recipient=recipient,
        is_slashed=number == VALIDATORS - 1,
    )


def missed_place(seed: int, span: int) -> int:
    """Return the place in a span of slots that has no block."""
    return 1 + hashed(seed, "missed", span) % (MISSED_SPAN - 1)


def is_missed(seed: int, slot: int) -> bool:
    """Return whether a slot has no block."""
    span, place = divmod(slot, MISSED_SPAN)
    return place == missed_place(seed, span)


def block_number(seed: int, slot: int) -> int:
    """Return the number of a slot's block: how many blocks are before it."""
    span, place = divmod(slot, MISSED_SPAN)
    return slot - span - (missed_place(seed, span) < place)


def slot_of_number(seed: int, number: int) -> int:
    """Return the slot of a block."""
    span, place = divmod(number, MISSED_SPAN - 1)
    return span * MISSED_SPAN + place + (place >= missed_place(seed, span))


def proposer(seed: int, slot: int) -> int:
    """Return the index of the validator that is to propose in a slot."""
    return FIRST_INDEX + hashed(seed, "proposer", slot) % VALIDATORS


def root(seed: int, slot: int) -> str:
    """Return the root of a slot's block."""
    return hash_of_slot(ROOT_MARK, slot, seed)


def block_hash(seed: int, slot: int) -> str:
    """Return the hash of a slot's execution block."""
    return hash_of_slot(BLOCK_MARK, slot, seed)


def block(seed: int, slot: int) -> SimulatedBlock:
    """Return the block of a slot that is not missed."""
    index = proposer(seed, slot)
    kind = _KINDS[hashed(seed, "kind", slot) % len(_KINDS)]
    expected = validator(seed, index).fee_recipient
    base_fee = 5 * GWEI + hashed(seed, "base fee", slot) % (20 * GWEI)
    transactions = _transactions(seed, slot, base_fee)
    if kind in ("vanilla", "wrong recipient"):
        miner = expected if kind == "vanilla" else address(seed, "wrong", index)
        return SimulatedBlock(slot, index, miner, base_fee, transactions, None)
    name = hashed(seed, "builder", slot) % 4
    value = 10**15 + hashed(seed, "value", slot) % (5 * 10**17)
    relays = 1 + hashed(seed, "relays", slot) % 7
    chosen = tuple(relay for place, relay in enumerate(RELAYS) if relays >> place & 1)
    bid = Bid(value, expected, pubkey(seed, "builder", name), chosen)
    if kind == "coinbase":
        return SimulatedBlock(slot, index, expected, base_fee, transactions, bid)
    builder = address(seed, "builder", name)
    paid = value - 1_000 if kind == "mismatch" else value
    payment = SimulatedTransaction(builder, expected, paid, 21_000, base_fee)
    return SimulatedBlock(slot, index, builder, base_fee, (*transactions, payment), bid)


def attestation(seed: int, index: int, epoch: int) -> tuple[int, int, int, int]:
    """Return head, target, source and inactivity of a validator in an epoch, in gwei."""
    drawn = hashed(seed, "attestation", index, epoch)
    if drawn % 20 == 0:  # missed: no reward for the head, penalties for the others
        return 0, -5_401, -2_909, -(drawn % 7)
    return 2_856 + drawn % 11, 5_401 + drawn % 13, 2_909 + drawn % 17, 0


def committee(seed: int, epoch: int) -> frozenset[int]:
    """Return the members of the sync committee of an epoch."""
    period = epoch // COMMITTEE_EPOCHS
    seats = (hashed(seed, "seat", period, seat) for seat in range(COMMITTEE_SEATS))
    return frozenset(FIRST_INDEX + drawn % VALIDATORS for drawn in seats)


def sync_reward(seed: int, index: int, slot: int) -> int:
    """Return what a member of the committee earned in a block, in gwei."""
    drawn = hashed(seed, "sync", index, slot)
    return -17_000 if drawn % 12 == 0 else 17_000 + drawn % 9


def block_reward(seed: int, slot: int) -> tuple[int, int, int, int]:
    """Return the parts of a proposer's reward, in gwei; the third and fourth are for slashings."""
    drawn = hashed(seed, "block reward", slot)
    return 38_000_000 + drawn % 4_000_000, 1_700_000 + drawn % 99, 0, 62_500 * (drawn % 40 == 0)


def _transactions(seed: int, slot: int, base_fee: int) -> tuple[SimulatedTransaction, ...]:
    """Return the transactions of users, one of them a deposit to any address."""
    count = 1 + hashed(seed, "count", slot) % 4
    found = []
    for place in range(count):
        drawn = hashed(seed, "transaction", slot, place)
        found.append(
            SimulatedTransaction(
                sender=address(seed, "user", drawn % 50),
                receiver=None if drawn % 9 == 0 else address(seed, "user", drawn % 47),
                value=drawn % 10**18,
                gas_used=21_000 + drawn % 200_000,
                price=base_fee + drawn % (3 * GWEI),
            )
        )
    return tuple(found)


def transaction_hash(seed: int, slot: int, place: int) -> str:
    """Return the hash of a transaction."""
    return hex_text(32, seed, "transaction", slot, place)
