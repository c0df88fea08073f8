"""Solana's JSON-RPC in a node's form (validator §3.1), over the simulated chain.

Scope: methods, parameters, error codes, batches; not here: the chain's content (``chain``) and
faults.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.randomness import hashed
from simulator.solana.chain import SolanaChain
from simulator.solana.income import (
    StakeAccount,
    commission_of,
    net_reward_of,
    stake_accounts,
)
from simulator.solana.keys import solana_key
from simulator.solana.validators import EpochValidator

LONGEST_RANGE = 500_000


class RpcError(Exception):
    """An error object of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SolanaNode:
    """An archive node: it has every slot up to the head."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain
        # Of the epoch, and of the present, that were last asked for: a batch asks for one of them.
        self._paid_in: tuple[object, dict[str, tuple[int, int]]] = (None, {})
        self._delegated: tuple[object, dict[str, StakeAccount]] = (None, {})
        self._methods: dict[str, Callable[[list[Any]], Any]] = {
            "getEpochInfo": self._epoch_info,
            "getEpochSchedule": self._epoch_schedule,
            "getLeaderSchedule": self._leader_schedule,
            "getBlocks": self._blocks,
            "getBlock": self._block,
            "getBlockProduction": self._block_production,
            "getVoteAccounts": self._vote_accounts,
            "getInflationReward": self._inflation_reward,
            "getAccountInfo": self._account_info,
        }

    def routes(self) -> list[Route]:
        """Return the node's only route."""
        return [Route("/solana", self._respond, methods=["POST"])]

    async def _respond(self, request: Request) -> Response:
        try:
            document = json.loads(await request.body())
        except ValueError:
            return _respond(_failed(None, -32700, "Parse error"))
        if isinstance(document, list):
            if not document:
                return _respond(_failed(None, -32600, "Invalid request"))
            return _respond([self._call(member) for member in document])
        return _respond(self._call(document))

    def _call(self, call: Any) -> dict[str, Any]:
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return _failed(None, -32600, "Invalid request")
        identifier = call.get("id")
        method = self._methods.get(call["method"])
        if method is None:
            return _failed(identifier, -32601, "Method not found")
        parameters = call.get("params", [])
        if not isinstance(parameters, list):
            return _failed(identifier, -32602, "`params` should be a list")
        try:
            return {"jsonrpc": "2.0", "result": method(parameters), "id": identifier}
        except RpcError as error:
            return _failed(identifier, error.code, error.message)

    def _epoch_info(self, parameters: list[Any]) -> dict[str, Any]:
        head, slots = self._chain.head, self._chain.geometry.slots_per_epoch
        return {
            "absoluteSlot": head,
            "blockHeight": self._height(head),
            "epoch": head // slots,
            "slotIndex": head % slots,
            "slotsInEpoch": slots,
            "transactionCount": head * 1_000,
        }

    def _epoch_schedule(self, parameters: list[Any]) -> dict[str, Any]:
        return {
            "slotsPerEpoch": self._chain.geometry.slots_per_epoch,
            "leaderScheduleSlotOffset": self._chain.geometry.slots_per_epoch,
            "warmup": False,
            "firstNormalEpoch": 0,
            "firstNormalSlot": 0,
        }

    def _leader_schedule(self, parameters: list[Any]) -> dict[str, list[int]] | None:
        """Return the schedule, known up to one epoch ahead, as on the real chain; else null."""
        slot: Any = parameters[0] if parameters else None
        options = _options(parameters, 1)
        if isinstance(slot, dict):
            options = slot
        if slot is None or isinstance(slot, dict):
            slot = self._chain.head
        epoch = _slot(slot) // self._chain.geometry.slots_per_epoch
        if epoch > self._chain.epoch + 1:
            return None
        schedule = self._chain.plan(epoch).schedule
        identity = options.get("identity")
        if identity is None:
            return schedule
        return {identity: schedule[identity]} if identity in schedule else {}

    def _blocks(self, parameters: list[Any]) -> list[int]:
        if not parameters:
            raise RpcError(-32602, "`params` should have at least 1 argument(s)")
        start, head = _slot(parameters[0]), self._chain.head
        end = parameters[1] if len(parameters) > 1 and isinstance(parameters[1], int) else None
        last = start + LONGEST_RANGE if end is None else _slot(end)
        if last - start > LONGEST_RANGE:
            raise RpcError(-32602, f"Slot range too large; max {LONGEST_RANGE}")
        return [slot for slot in range(start, min(last, head) + 1) if not self._is_skipped(slot)]

    def _block(self, parameters: list[Any]) -> dict[str, Any]:
        if not parameters:
            raise RpcError(-32602, "`params` should have at least 1 argument(s)")
        slot, options = _slot(parameters[0]), _options(parameters, 1)
        if slot > self._chain.head:
            raise RpcError(-32004, f"Block not available for slot {slot}")
        epoch, index = divmod(slot, self._chain.geometry.slots_per_epoch)
        plan = self._chain.plan(epoch)
        if plan.is_skipped(index):
            if plan.lost_in_storage(index):
                raise RpcError(-32009, f"Slot {slot} was skipped, or missing in long-term storage")
            raise RpcError(
                -32007,
                f"Slot {slot} was skipped, or missing due to ledger jump to recent snapshot",
            )
        parent = slot - 1 if slot == 0 or not self._is_skipped(slot - 1) else slot - 2
        block: dict[str, Any] = {
            "blockHeight": self._height(slot),
            "blockTime": self._chain.geometry.slot_time(slot),
            "blockhash": solana_key(self._chain.seed, "block", slot),
            "parentSlot": max(0, parent),
            "previousBlockhash": solana_key(self._chain.seed, "block", parent),
        }
        if index == 0:
            block["numRewardPartitions"] = 1
        if options.get("rewards", True):
            block["rewards"] = self._rewards(epoch, index)
        if options.get("transactionDetails", "full") != "none":
            block["transactions"] = []
        return block

    def _rewards(self, epoch: int, index: int) -> list[dict[str, Any]]:
        """Return the leader's fees, and rewards of other types, which a reader must exclude."""
        plan = self._chain.plan(epoch)
        rewards = []
        if fee := plan.fee(index):
            rewards.append(_reward(plan.leader(index), fee, "Fee", None))
        if index % 8 == 4:
            rewards.append(_reward(plan.leader(index), 890_880, "Rent", None))
        if index == 0:
            for one in self._chain.validators(epoch - 1) if epoch else ():
                amount = commission_of(self._chain.seed, epoch - 1, one)
                rewards.append(_reward(one.vote, amount, "Voting", one.commission))
        return rewards

    def _block_production(self, parameters: list[Any]) -> dict[str, Any]:
        options = _options(parameters, 0)
        slots, head = self._chain.geometry.slots_per_epoch, self._chain.head
        range_ = options.get("range") or {}
        first = _slot(range_.get("firstSlot", head // slots * slots))
        last = _slot(head if range_.get("lastSlot") is None else range_["lastSlot"])
        oldest = max(0, (head // slots - 1) * slots)
        if first < oldest:
            raise RpcError(-32602, f"firstSlot, {first}, is too small; min {oldest}")
        if last > head:
            raise RpcError(-32602, f"lastSlot, {last}, is too large; max {head}")
        if last < first:
            raise RpcError(-32602, f"lastSlot, {last}, cannot be less than firstSlot, {first}")
        produced: dict[str, list[int]] = {}
        for slot in range(first, last + 1):
            epoch, index = divmod(slot, slots)
            plan = self._chain.plan(epoch)
            counts = produced.setdefault(plan.leader(index), [0, 0])
            counts[0] += 1
            counts[1] += not plan.is_skipped(index)
        identity = options.get("identity")
        return {
            "context": {"apiVersion": "3.0.0", "slot": head},
            "value": {
                "byIdentity": {
                    leader: counts
                    for leader, counts in sorted(produced.items())
                    if identity in (None, leader)
                },
                "range": {"firstSlot": first, "lastSlot": last},
            },
        }

    def _inflation_reward(self, parameters: list[Any]) -> list[dict[str, Any] | None]:
        """Return the rewards of vote and stake accounts for an ended epoch, null where none."""
        if not parameters or not isinstance(parameters[0], list):
            raise RpcError(-32602, "`params` should have at least 1 argument(s)")
        epoch = _options(parameters, 1).get("epoch", self._chain.epoch - 1)
        if _slot(epoch) >= self._chain.epoch:
            raise RpcError(-32004, f"Block not available for slot {self._first_slot(epoch + 1)}")
        paid = self._paid(epoch)
        return [
            {
                "amount": paid[address][0],
                "commission": paid[address][1],
                "effectiveSlot": self._first_slot(epoch + 1),
                "epoch": epoch,
                "postBalance": 10**15 + paid[address][0],
            }
            if paid.get(address, (0, 0))[0]
            else None
            for address in parameters[0]
        ]

    def _first_slot(self, epoch: int) -> int:
        return epoch * self._chain.geometry.slots_per_epoch

    def _paid(self, epoch: int) -> dict[str, tuple[int, int]]:
        """Return (lamports, percent of commission) of every account that an epoch paid."""
        validators = self._chain.validators(epoch)
        if self._paid_in[0] == (epoch, validators):
            return self._paid_in[1]
        paid = {}
        for one in validators:
            paid[one.vote] = commission_of(self._chain.seed, epoch, one), one.commission
            net = net_reward_of(self._chain.seed, epoch, one)
            for account in stake_accounts(one):
                paid[account.address] = net, one.commission
        self._paid_in = (epoch, validators), paid
        return paid

    def _account_info(self, parameters: list[Any]) -> dict[str, Any]:
        address = parameters[0] if parameters else None
        if not isinstance(address, str):
            raise RpcError(-32602, "Invalid params: an address is expected.")
        value: dict[str, Any] | None = None
        if (account := self._stake_accounts().get(address)) is not None:
            delegation = {
                "activationEpoch": "0",
                "deactivationEpoch": str(2**64 - 1),
                "stake": str(account.stake),
                "voter": account.vote,
            }
            info = {"stake": {"delegation": delegation}}
            value = {"data": {"parsed": {"info": info, "type": "delegated"}}}
        return {"context": {"slot": self._chain.head}, "value": value}

    def _stake_accounts(self) -> dict[str, StakeAccount]:
        """Return the stake accounts of the present validators by address."""
        present = self._chain.present_validators()
        if self._delegated[0] != present:
            accounts = (account for one in present for account in stake_accounts(one))
            self._delegated = present, {account.address: account for account in accounts}
        return self._delegated[1]

    def _vote_accounts(self, parameters: list[Any]) -> dict[str, Any]:
        wanted = _options(parameters, 0).get("votePubkey")
        found: dict[str, list[dict[str, Any]]] = {"current": [], "delinquent": []}
        for one in self._chain.present_validators():
            if wanted in (None, one.vote):
                found["delinquent" if one.delinquent else "current"].append(self._vote_account(one))
        return found

    def _vote_account(self, validator: EpochValidator) -> dict[str, Any]:
        head, epoch = self._chain.head, self._chain.epoch
        last = max(0, head - (200 if validator.delinquent else 1))
        credits = 300_000 + hashed(self._chain.seed, "credits", validator.vote) % 100_000
        return {
            "votePubkey": validator.vote,
            "nodePubkey": validator.identities[-1],
            "activatedStake": validator.stake,
            "epochVoteAccount": True,
            "commission": validator.commission,
            "lastVote": last,
            "rootSlot": max(0, last - 31),
            "epochCredits": [
                [past, (past + 1) * credits, past * credits]
                for past in range(max(0, epoch - 4), epoch + 1)
            ],
        }

    def _is_skipped(self, slot: int) -> bool:
        epoch, index = divmod(slot, self._chain.geometry.slots_per_epoch)
        return self._chain.plan(epoch).is_skipped(index)

    def _height(self, slot: int) -> int:
        """Return the blocks before a slot; each epoch skips one slot in sixteen."""
        epoch, index = divmod(slot, self._chain.geometry.slots_per_epoch)
        skipped = self._chain.geometry.slots_per_epoch // 16
        return slot - epoch * skipped - self._chain.plan(epoch).skipped_before(index)


def _reward(key: str, lamports: int, kind: str, commission: int | None) -> dict[str, Any]:
    return {
        "pubkey": key,
        "lamports": lamports,
        "postBalance": 10**16 + lamports,
        "rewardType": kind,
        "commission": commission,
    }


def _slot(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**64:
        raise RpcError(-32602, f"Invalid params: invalid type: {json.dumps(value)}, expected u64.")
    return value


def _options(parameters: list[Any], place: int) -> dict[str, Any]:
    given = parameters[place] if len(parameters) > place else None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise RpcError(-32602, f"Invalid params: invalid type: {json.dumps(given)}.")
    return given


def _failed(identifier: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": identifier}


def _respond(document: Any) -> Response:
    """Return JSON with integers as they are: a node writes lamports beyond 2^53 as numbers."""
    return Response(json.dumps(document, separators=(",", ":")), media_type="application/json")
