"""Typed reading of Beacon API responses, from the bytes that were stored (validator §3.2).

Scope: the envelope, its errors, and the fields that are used, each checked; not here: sending
(``beacon_api``) or the meaning of numbers for a period (``cdp_assets``). Rewards and balances are
in gwei; a reward may be negative.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cdp_assets.errors import InvalidSourceResponse, PermanentFailure, TransientFailure
from resources.http.response_validation import EndpointNotFound
from resources.sources.ethereum.ethereum_fields import (
    address,
    hash32,
    hex_text,
    member,
    pubkey,
    records,
    signed,
    whole,
)
from resources.sources.json_api import parsed

T = TypeVar("T")
FAR_FUTURE_EPOCH = 2**64 - 1  # "never" in activation_epoch and exit_epoch
_PRUNED = re.compile(r"state|prun|archiv|histor", re.IGNORECASE)


class NeedsArchive(PermanentFailure):
    """NEEDS_ARCHIVE: the node has pruned what was requested; that is not an empty response."""

    def __init__(self, message: str) -> None:
        super().__init__(
            f"NEEDS_ARCHIVE: {message}",
            hint="set an archive node as the address; nothing was stored as empty",
        )


@dataclass(frozen=True, slots=True)
class BeaconData(Generic[T]):
    """The data of a response and how far the chain has agreed on it.

    Attributes:
        value: What was requested.
        is_finalized: As the node reports it; null where it does not (one client until 2026).
        is_optimistic: The node has not verified the execution payloads yet.
    """

    value: T
    is_finalized: bool | None
    is_optimistic: bool

    def require_final(self, epoch: int, finalized_epoch: int) -> T:
        """Return the value.

        Args:
            epoch: Of the data.
            finalized_epoch: Of the node's checkpoint; decides where the response does not say.

        Raises:
            TransientFailure: The data may still change.
        """
        known = self.is_finalized
        if self.is_optimistic or not (epoch <= finalized_epoch if known is None else known):
            raise TransientFailure(
                "the node's response is not finalized yet",
                key=f"epoch {epoch}",
                hint="it is fetched again automatically",
            )
        return self.value


@dataclass(frozen=True, slots=True)
class Timing:
    """How slots, epochs and time are related."""

    genesis_time: int
    slot_seconds: int
    slots_per_epoch: int


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a canonical block."""

    slot: int
    proposer_index: int
    root: str
    parent_root: str


@dataclass(frozen=True, slots=True)
class Payload:
    """The execution payload of a beacon block: the only link from slot to execution block."""

    slot: int
    proposer_index: int
    block_number: int
    block_hash: str
    fee_recipient: str


@dataclass(frozen=True, slots=True)
class BlockReward:
    """What a block pays its proposer on the consensus layer, in gwei."""

    proposer_index: int
    total: int


@dataclass(frozen=True, slots=True)
class AttestationReward:
    """What a validator earned by attesting in one epoch, in gwei; each part may be negative."""

    validator_index: int
    head: int
    target: int
    source: int
    inclusion_delay: int
    inactivity: int

    @property
    def total(self) -> int:
        """Return the sum of the parts."""
        return self.head + self.target + self.source + self.inclusion_delay + self.inactivity


@dataclass(frozen=True, slots=True)
class BeaconValidator:
    """A validator in one state; amounts in gwei."""

    index: int
    pubkey: str
    status: str
    effective_balance: int
    withdrawal_credentials: str
    is_slashed: bool
    activation_epoch: int
    exit_epoch: int

    def is_active(self, epoch: int) -> bool:
        """Return whether it had duties in an epoch."""
        return self.activation_epoch <= epoch < self.exit_epoch

    @property
    def active_stake(self) -> int:
        """Return its stake in gwei; 0 while it is not active in the state."""
        return self.effective_balance if self.status.startswith("active") else 0


def read_header(body: bytes) -> BeaconData[Header | None]:
    """Read ``headers/{block_id}``; null: the slot holds no block, a valid empty response."""
    document = parsed(body)
    if _is_error(document):
        _raise_for_error(document, is_block=True)
        return BeaconData(None, None, False)
    return _data(document, _header)


def read_block(body: bytes) -> BeaconData[Payload]:
    """Read ``v2/beacon/blocks/{block_id}``."""
    return read_data(body, _payload)


def read_block_reward(body: bytes) -> BeaconData[BlockReward]:
    """Read ``rewards/blocks/{block_id}``.

    Raises:
        InvalidSourceResponse: The total is not the sum of the four parts.
    """
    return read_data(body, _block_reward)


def read_attestations(body: bytes) -> BeaconData[list[AttestationReward]]:
    """Read ``rewards/attestations/{epoch}``: one row per validator, ascending by index."""
    return read_data(body, _attestations)


def read_sync_rewards(body: bytes) -> BeaconData[dict[int, int]]:
    """Read ``rewards/sync_committee/{block_id}``: gwei by validator; all seats of one together."""
    return read_data(body, _sync_rewards)


def read_sync_committee(body: bytes) -> BeaconData[frozenset[int]]:
    """Read ``states/{state_id}/sync_committees``: the members' indexes."""
    return read_data(body, _sync_committee)


def read_validators(body: bytes) -> BeaconData[list[BeaconValidator]]:
    """Read ``states/{state_id}/validators``, ascending by index; unknown ids are absent."""
    return read_data(body, _validators)


def read_finalized_epoch(body: bytes) -> BeaconData[int]:
    """Read ``finality_checkpoints``: the epoch that is finalized."""
    return read_data(body, lambda data: whole(member(data, "finalized"), "epoch"))


def read_genesis_time(body: bytes) -> BeaconData[int]:
    """Read ``genesis``: Unix seconds of slot 0."""
    return read_data(body, lambda data: whole(data, "genesis_time"))


def read_config(body: bytes) -> BeaconData[tuple[int, int]]:
    """Read ``config/spec``: seconds per slot, and slots per epoch."""
    return read_data(
        body,
        lambda data: (
            whole(data, "SECONDS_PER_SLOT", least=1),
            whole(data, "SLOTS_PER_EPOCH", least=1),
        ),
    )


def read_data(body: bytes, read: Callable[[Any], T]) -> BeaconData[T]:
    """Read the envelope, then its data.

    Raises:
        NeedsArchive: The node answers 404: what was requested exists, so it has pruned it.
        InvalidSourceResponse: Another shape.
    """
    document = parsed(body)
    if _is_error(document):
        _raise_for_error(document, is_block=False)
    return _data(document, read)


def _is_error(document: Any) -> bool:
    return isinstance(document, dict) and "code" in document and "data" not in document


def _raise_for_error(document: Any, *, is_block: bool) -> None:
    """Raise for the error of a response, unless it says that a slot holds no block."""
    message = str(document.get("message", ""))[:200]
    if str(document["code"]) != "404":
        raise InvalidSourceResponse(f"error {str(document['code'])[:20]}: {message}")
    if not is_block or _PRUNED.search(message):
        raise NeedsArchive(message or "not found")


def require_beacon_error(body: bytes) -> None:
    """Refuse a 404 that is not of the Beacon API's form: then the address is wrong."""
    try:
        document = parsed(body)
    except InvalidSourceResponse:
        raise EndpointNotFound from None
    if not _is_error(document):
        raise EndpointNotFound


def _data(document: Any, read: Callable[[Any], T]) -> BeaconData[T]:
    flags = []
    for name in ("finalized", "execution_optimistic"):
        flag = document.get(name) if isinstance(document, dict) else None
        if not isinstance(flag, bool | None):
            raise InvalidSourceResponse(f"{name} is not true or false")
        flags.append(flag)
    return BeaconData(read(member(document, "data")), flags[0], bool(flags[1]))


def _header(data: Any) -> Header:
    if member(data, "canonical") is not True:
        raise InvalidSourceResponse("the header is not that of a canonical block")
    message = member(member(data, "header"), "message")
    return Header(
        slot=whole(message, "slot"),
        proposer_index=whole(message, "proposer_index"),
        root=hash32(data, "root"),
        parent_root=hash32(message, "parent_root"),
    )


def _payload(data: Any) -> Payload:
    message = member(data, "message")
    payload = member(member(message, "body"), "execution_payload")
    return Payload(
        slot=whole(message, "slot"),
        proposer_index=whole(message, "proposer_index"),
        block_number=whole(payload, "block_number"),
        block_hash=hash32(payload, "block_hash"),
        fee_recipient=address(payload, "fee_recipient"),
    )


def _block_reward(data: Any) -> BlockReward:
    parts = ("attestations", "sync_aggregate", "proposer_slashings", "attester_slashings")
    total = whole(data, "total")
    if total != sum(whole(data, part) for part in parts):
        raise InvalidSourceResponse("total is not the sum of the four parts of the reward")
    return BlockReward(whole(data, "proposer_index"), total)


def _attestations(data: Any) -> list[AttestationReward]:
    found = [
        AttestationReward(
            validator_index=whole(row, "validator_index"),
            head=signed(row, "head"),
            target=signed(row, "target"),
            source=signed(row, "source"),
            inclusion_delay=signed(row, "inclusion_delay") if row.get("inclusion_delay") else 0,
            inactivity=signed(row, "inactivity"),
        )
        for row in records(member(data, "total_rewards"), "total_rewards")
    ]
    _refuse_repeated([row.validator_index for row in found])
    return sorted(found, key=lambda row: row.validator_index)


def _sync_rewards(data: Any) -> dict[int, int]:
    found = [
        (whole(row, "validator_index"), signed(row, "reward")) for row in records(data, "data")
    ]
    _refuse_repeated([index for index, _ in found])
    return dict(sorted(found))


def _sync_committee(data: Any) -> frozenset[int]:
    members = records(member(data, "validators"), "validators")
    return frozenset(whole({"validator": one}, "validator") for one in members)


def _validators(data: Any) -> list[BeaconValidator]:
    found = []
    for row in records(data, "data"):
        inner, status = member(row, "validator"), member(row, "status")
        is_slashed = member(inner, "slashed")
        if not isinstance(status, str) or not isinstance(is_slashed, bool):
            raise InvalidSourceResponse("status or slashed of a validator is of a wrong type")
        credentials = member(inner, "withdrawal_credentials")
        found.append(
            BeaconValidator(
                index=whole(row, "index"),
                pubkey=pubkey(inner, "pubkey"),
                status=status,
                effective_balance=whole(inner, "effective_balance"),
                withdrawal_credentials=hex_text(credentials, "withdrawal_credentials", 32),
                is_slashed=is_slashed,
                activation_epoch=whole(inner, "activation_epoch"),
                exit_epoch=whole(inner, "exit_epoch"),
            )
        )
    _refuse_repeated([one.index for one in found])
    return sorted(found, key=lambda one: one.index)


def _refuse_repeated(indexes: list[int]) -> None:
    if len(set(indexes)) != len(indexes):
        raise InvalidSourceResponse("one validator occurs twice")
