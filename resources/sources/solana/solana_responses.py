"""Typed reading of Solana JSON-RPC responses, from the bytes that were stored (validator §3.1).

Scope: the codes and the fields that are used, each checked; not here: the envelope
(``resources.sources.json_rpc``), sending (``resources.sources.solana.solana_rpc``), or the meaning
of the numbers for a period (``cdp_assets.validators``). All amounts are lamports as int; a real
number or a text in place of an integer is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure, TransientFailure
from cdp_assets.units import counted
from resources.http.rate_limit import rate_limit_of
from resources.sources.json_rpc import RpcResult

TRANSIENT_CODES = {  # validator §3: codes that a later try may not return
    -32004: "the block is not available yet",
    -32005: "the node is unhealthy or behind",
    -32014: "the block's status is not available yet",
    -32016: "the node has not reached the wanted slot",
    -32017: "the epoch's rewards are being paid out",
}
SKIPPED_CODES = frozenset({-32007, -32009})  # a valid empty response, once getBlocks confirms it
_PERMANENT_HINTS = {
    -32001: "the node has cleaned the block up: set an archive node as the address",
    -32010: "the node's index does not include this key: use another node",
    -32011: "the node has no history: set an archive node as the address",
    -32015: "the node has a newer transaction version than requested",
    -32019: "the node's long-term storage is unreachable: try later or use another node",
    -32602: "the node refuses the parameters: check for a change of its protocol",
}
_OTHER_HINT = "look the code up in the node's documentation"
U64_MAX = 2**64 - 1
LEADER_REWARD = "Fee"


@dataclass(frozen=True, slots=True)
class EpochInfo:
    """Where the chain's finalized head is."""

    epoch: int
    absolute_slot: int
    slot_index: int
    slots_in_epoch: int


@dataclass(frozen=True, slots=True)
class EpochSchedule:
    """How epochs follow from slots (``getEpochSchedule``)."""

    slots_per_epoch: int
    leader_schedule_slot_offset: int
    warmup: bool
    first_normal_epoch: int
    first_normal_slot: int


@dataclass(frozen=True, slots=True)
class VoteAccount:
    """One validator as a node reports it at this moment; stake in lamports.

    Attributes:
        commission: Percent of the inflation rewards; null where the response has none.
        credits: (epoch, vote credits earned in it) of the last epochs.
    """

    vote: str
    identity: str
    activated_stake: int
    is_delinquent: bool
    commission: int | None = None
    credits: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class InflationReward:
    """What an account was paid for an epoch, in lamports.

    Attributes:
        amount: Of a vote account the validator's commission, of a stake account its net reward.
        commission: Percent that the validator took; null where the node does not say.
    """

    address: str
    amount: int
    commission: int | None


@dataclass(frozen=True, slots=True)
class StakeAccount:
    """A stake account at the moment of the response.

    Attributes:
        voter: Vote account that it is delegated to.
        stake: Delegated lamports.
        activation_epoch: Epoch in which the delegation began.
        deactivation_epoch: Epoch in which it ends; 2^64 - 1: it does not.
    """

    address: str
    voter: str
    stake: int
    activation_epoch: int
    deactivation_epoch: int

    def is_active(self, epoch: int) -> bool:
        """Return whether the stake counts in an epoch: beginning and end take effect one later."""
        return self.activation_epoch < epoch <= self.deactivation_epoch


@dataclass(frozen=True, slots=True)
class Block:
    """One produced block: its position, its time and the fee paid to its leader.

    Attributes:
        block_time: Unix seconds; null where the node has no estimate.
        fee_rewards: (receiver, lamports) of the reward of type Fee; empty where there is none.
    """

    slot: int
    block_height: int | None
    parent_slot: int
    block_time: int | None
    fee_rewards: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SkippedSlot:
    """A slot without a block according to the node; it counts once ``getBlocks`` confirms it."""

    slot: int
    code: int


def failure_of(member: RpcResult) -> CdpError | None:
    """Classify the error of one member; null for a result and for a skipped slot."""
    if member.code is None or (member.code in SKIPPED_CODES and member.id.startswith("getBlock:")):
        return None
    limit = rate_limit_of({"code": member.code, "message": member.message})
    if limit is not None:
        return limit
    text = f"error {member.code}: {member.message}"
    if member.code in TRANSIENT_CODES:
        return TransientFailure(text, hint=TRANSIENT_CODES[member.code])
    return PermanentFailure(text, hint=_PERMANENT_HINTS.get(member.code, _OTHER_HINT))


def read_epoch_info(result: Any) -> EpochInfo:
    """Read ``getEpochInfo``."""
    return EpochInfo(
        epoch=_integer(result, "epoch"),
        absolute_slot=_integer(result, "absoluteSlot"),
        slot_index=_integer(result, "slotIndex"),
        slots_in_epoch=_integer(result, "slotsInEpoch"),
    )


def read_epoch_schedule(result: Any) -> EpochSchedule:
    """Read ``getEpochSchedule``."""
    warmup = _member(result, "warmup")
    if type(warmup) is not bool:
        raise InvalidSourceResponse("warmup is not true or false")
    return EpochSchedule(
        slots_per_epoch=_integer(result, "slotsPerEpoch", least=1),
        leader_schedule_slot_offset=_integer(result, "leaderScheduleSlotOffset"),
        warmup=warmup,
        first_normal_epoch=_integer(result, "firstNormalEpoch"),
        first_normal_slot=_integer(result, "firstNormalSlot"),
    )


def read_leader_schedule(result: Any) -> dict[str, list[int]]:
    """Read ``getLeaderSchedule``: slot indexes from the epoch's start, by identity.

    Raises:
        PermanentFailure: The node returns null: it no longer has the epoch.
    """
    if result is None:
        raise PermanentFailure(
            "the node does not know the leader schedule of this epoch",
            hint="set an archive node as the address, or fetch while the epoch is recent",
        )
    if not isinstance(result, dict):
        raise InvalidSourceResponse("the leader schedule is no object")
    seen: set[int] = set()
    for identity, indexes in result.items():
        if not identity or not isinstance(indexes, list):
            raise InvalidSourceResponse(f"the leader schedule of {identity!r} is no list")
        for index in indexes:
            _checked(index, f"the slot index of {identity}")
        seen.update(indexes)
    if len(seen) != sum(map(len, result.values())):
        raise InvalidSourceResponse("the leader schedule gives one slot to two leaders")
    return result


def read_slots(result: Any, start: int, end: int) -> list[int]:
    """Read ``getBlocks``: produced slots of ``[start, end]``, ascending."""
    if not isinstance(result, list):
        raise InvalidSourceResponse("the list of produced slots is no list")
    before = start - 1
    for slot in result:
        if _checked(slot, "a produced slot") <= before or slot > end:
            raise InvalidSourceResponse(
                f"produced slot {slot} is out of order or out of {start}..{end}"
            )
        before = slot
    return result


def read_vote_accounts(result: Any) -> list[VoteAccount]:
    """Read ``getVoteAccounts``: current and delinquent validators, by vote account."""
    found = [
        VoteAccount(
            vote=_text(row, "votePubkey"),
            identity=_text(row, "nodePubkey"),
            activated_stake=_integer(row, "activatedStake"),
            is_delinquent=group == "delinquent",
            commission=_percent(row),
            credits=_credits(row),
        )
        for group in ("current", "delinquent")
        for row in _list(result, group)
    ]
    if len({account.vote for account in found}) != len(found):
        raise InvalidSourceResponse("one vote account occurs twice in the list of vote accounts")
    return sorted(found, key=lambda account: account.vote)


def _percent(row: Any) -> int | None:
    value = row.get("commission")
    if value is None:
        return None
    if _checked(value, "commission") > 100:
        raise InvalidSourceResponse(f"commission is {value} %, more than 100")
    return int(value)


def _credits(row: Any) -> tuple[tuple[int, int], ...]:
    found = []
    for entry in row.get("epochCredits") or []:
        if not isinstance(entry, list) or len(entry) != 3:
            raise InvalidSourceResponse("epochCredits has an entry of another form")
        epoch, after, before = (_checked(value, "epochCredits") for value in entry)
        found.append((epoch, after - before))
    return tuple(found)


def read_inflation_rewards(
    result: Any, addresses: Sequence[str], epoch: int
) -> list[InflationReward | None]:
    """Read ``getInflationReward``, aligned with the addresses; null: no reward was paid.

    Raises:
        InvalidSourceResponse: Another number of entries than addresses, or of another epoch.
    """
    if not isinstance(result, list) or len(result) != len(addresses):
        raise InvalidSourceResponse("the rewards are not aligned with the addresses")
    found: list[InflationReward | None] = []
    for address, entry in zip(addresses, result, strict=True):
        if entry is None:
            found.append(None)
            continue
        if _integer(entry, "epoch") != epoch:
            raise InvalidSourceResponse(f"a reward of epoch {entry['epoch']} instead of {epoch}")
        found.append(InflationReward(address, _integer(entry, "amount"), _percent(entry)))
    return found


def read_stake_account(result: Any, address: str) -> StakeAccount | None:
    """Read ``getAccountInfo`` of a stake account; null: unknown, or not delegated.

    Raises:
        InvalidSourceResponse: The delegation has another form.
    """
    value = _member(result, "value")
    parsed = value.get("data", {}).get("parsed") if isinstance(value, dict) else None
    info = parsed.get("info") if isinstance(parsed, dict) else None
    stake = info.get("stake") if isinstance(info, dict) else None
    if not isinstance(stake, dict):
        return None
    delegation = _member(stake, "delegation")
    numbers = [
        _number_text(delegation, name) for name in ("stake", "activationEpoch", "deactivationEpoch")
    ]
    return StakeAccount(address, _text(delegation, "voter"), *numbers)


def _number_text(record: Any, name: str) -> int:
    value = _member(record, name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return _checked(value, name)


def read_block(member: RpcResult) -> Block | SkippedSlot:
    """Read one ``getBlock``, whose id names the requested slot.

    Raises:
        InvalidSourceResponse: The block has no rewards, though they were requested.
    """
    slot = int(member.id.removeprefix("getBlock:"))
    if member.code is not None:
        return SkippedSlot(slot, member.code)
    fees = []
    for reward in _list(member.result, "rewards"):
        if _member(reward, "rewardType") == LEADER_REWARD:
            fees.append((_text(reward, "pubkey"), _integer(reward, "lamports")))
    if len(fees) > 1:
        raise InvalidSourceResponse(f"block {slot} pays its leader {counted(len(fees), 'time')}")
    height, time = member.result.get("blockHeight"), member.result.get("blockTime")
    return Block(
        slot=slot,
        block_height=None if height is None else _checked(height, "blockHeight"),
        parent_slot=_integer(member.result, "parentSlot"),
        block_time=None if time is None else _checked(time, "blockTime"),
        fee_rewards=tuple(fees),
    )


def _member(record: Any, name: str) -> Any:
    if not isinstance(record, dict) or name not in record:
        raise InvalidSourceResponse(f"the response has no field {name}")
    return record[name]


def _integer(record: Any, name: str, *, least: int = 0) -> int:
    return _checked(_member(record, name), name, least=least)


def _checked(value: Any, name: str, *, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= U64_MAX:
        raise InvalidSourceResponse(
            f"{name} is {str(value)[:40]!r}, not a whole number from {least}"
        )
    return value


def _text(record: Any, name: str) -> str:
    value = _member(record, name)
    if not isinstance(value, str) or not value:
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a key")
    return value


def _list(record: Any, name: str) -> list[Any]:
    value = _member(record, name)
    if not isinstance(value, list):
        raise InvalidSourceResponse(f"{name} is no list")
    return value
