"""The Beacon API in a node's form (validator §3.2), over the simulated chain.

Scope: endpoints, ids, the error form, what a pruned node lacks; not here: the chain's content
(``chain``) and faults.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.ethereum import blocks
from simulator.ethereum.blocks import SimulatedBlock, SimulatedValidator
from simulator.ethereum.chain import EthereumChain
from simulator.ethereum.keys import ROOT_MARK, slot_of_hash

LARGEST_GET = 64
_NEVER = str(2**64 - 1)
Handler = Callable[[dict[str, str], dict[str, str], Any], dict[str, Any]]


class BeaconError(Exception):
    """An error object of the Beacon API."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BeaconNode:
    """A node over one chain."""

    def __init__(self, chain: EthereumChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the node's address."""
        get, post = ["GET"], ["POST"]
        rewards, states = "/eth/v1/beacon/rewards", "/eth/v1/beacon/states/{state}"
        return [
            self._route("/eth/v1/beacon/genesis", self._genesis, get),
            self._route("/eth/v1/config/spec", self._spec, get),
            self._route("/eth/v1/beacon/headers/{block}", self._header, get),
            self._route("/eth/v2/beacon/blocks/{block}", self._block, get),
            self._route(rewards + "/blocks/{block}", self._block_reward, get),
            self._route(rewards + "/attestations/{epoch:int}", self._attestations, post),
            self._route(rewards + "/sync_committee/{block}", self._sync_rewards, post),
            self._route(states + "/validators", self._validators, ["GET", "POST"]),
            self._route(states + "/sync_committees", self._sync_committee, get),
            self._route(states + "/finality_checkpoints", self._checkpoints, get),
        ]

    def _route(self, path: str, handler: Handler, methods: list[str]) -> Route:
        async def respond(request: Request) -> JSONResponse:
            body = await request.body()
            try:
                document = json.loads(body) if body else None
                found = handler(request.path_params, dict(request.query_params), document)
            except BeaconError as error:
                content = {"code": error.code, "message": error.message}
                return JSONResponse(content, status_code=error.code)
            except ValueError:
                return JSONResponse({"code": 400, "message": "Invalid request"}, status_code=400)
            return JSONResponse(found)

        return Route(path, respond, methods=methods)

    def _genesis(self, *_: Any) -> dict[str, Any]:
        return {"data": {"genesis_time": str(self._chain.geometry.genesis)}}

    def _spec(self, *_: Any) -> dict[str, Any]:
        geometry = self._chain.geometry
        return {
            "data": {
                "SECONDS_PER_SLOT": str(geometry.slot_seconds),
                "SLOTS_PER_EPOCH": str(geometry.slots_per_epoch),
            }
        }

    def _header(self, path: dict[str, str], *_: Any) -> dict[str, Any]:
        block = self._block_of(path["block"])
        before = self._chain.previous(block.slot)
        seed = self._chain.seed
        message = {
            "slot": str(block.slot),
            "proposer_index": str(block.proposer_index),
            "parent_root": blocks.root(seed, before.slot) if before else "0x" + "00" * 32,
            "state_root": "0x" + "00" * 32,
            "body_root": "0x" + "00" * 32,
        }
        signed = {"message": message, "signature": "0x" + "00" * 96}
        root = blocks.root(seed, block.slot)
        return self._envelope(block.slot, {"root": root, "canonical": True, "header": signed})

    def _block(self, path: dict[str, str], *_: Any) -> dict[str, Any]:
        block = self._block_of(path["block"])
        payload = {
            "block_number": str(self._chain.block_number(block.slot)),
            "block_hash": blocks.block_hash(self._chain.seed, block.slot),
            "fee_recipient": block.miner,
            "timestamp": str(self._chain.slot_time(block.slot)),
        }
        message = {
            "slot": str(block.slot),
            "proposer_index": str(block.proposer_index),
            "body": {"execution_payload": payload},
        }
        return {"version": "deneb", **self._envelope(block.slot, {"message": message})}

    def _block_reward(self, path: dict[str, str], *_: Any) -> dict[str, Any]:
        block = self._block_of(path["block"])
        self._require_state(block.slot, "parent state is not available")
        parts = self._chain.block_reward(block.slot)
        names = ("attestations", "sync_aggregate", "proposer_slashings", "attester_slashings")
        data = {name: str(gwei) for name, gwei in zip(names, parts, strict=True)}
        data |= {"proposer_index": str(block.proposer_index), "total": str(sum(parts))}
        return self._envelope(block.slot, data, is_reward=True)

    def _attestations(self, path: dict[str, str], _: dict[str, str], ids: Any) -> dict[str, Any]:
        epoch = int(path["epoch"])
        first = epoch * self._chain.geometry.slots_per_epoch
        if epoch + 1 >= self._chain.epoch_of(self._chain.head):
            raise BeaconError(404, "Epoch is not over")
        self._require_state(first, "missing state")
        rows = []
        for one in self._wanted(ids):
            head, target, source, inactivity = self._chain.attestation(one.index, epoch)
            parts = {"head": head, "target": target, "source": source, "inactivity": inactivity}
            row = {name: str(gwei) for name, gwei in parts.items()}
            rows.append({"validator_index": str(one.index), **row, "inclusion_delay": ""})
        data = {"ideal_rewards": [], "total_rewards": rows}
        return self._envelope(first, data, is_reward=True)

    def _sync_rewards(self, path: dict[str, str], _: dict[str, str], ids: Any) -> dict[str, Any]:
        block = self._block_of(path["block"])
        self._require_state(block.slot, "missing state")
        members = self._chain.committee(self._chain.epoch_of(block.slot))
        rows = [
            {
                "validator_index": str(one.index),
                "reward": str(self._chain.sync_reward(one.index, block.slot)),
            }
            for one in self._wanted(ids)
            if one.index in members
        ]
        return self._envelope(block.slot, rows, is_reward=True)

    def _validators(self, path: dict[str, str], query: dict[str, str], body: Any) -> dict[str, Any]:
        slot = self._state_slot(path["state"])
        ids = query["id"].split(",") if "id" in query else (body or {}).get("ids")
        if body is None and ids is not None and len(ids) > LARGEST_GET:
            raise BeaconError(400, f"at most {LARGEST_GET} ids")
        rows = [_validator_row(one) for one in self._wanted(ids)]
        return self._envelope(slot, rows)

    def _sync_committee(
        self, path: dict[str, str], query: dict[str, str], _: Any
    ) -> dict[str, Any]:
        slot = self._state_slot(path["state"])
        epoch = int(query.get("epoch", self._chain.epoch_of(slot)))
        members = sorted(self._chain.committee(epoch))
        return self._envelope(slot, {"validators": [str(index) for index in members]})

    def _checkpoints(self, *_: Any) -> dict[str, Any]:
        finalized = {"epoch": str(self._chain.finalized_epoch), "root": "0x" + "00" * 32}
        data = {"finalized": finalized, "current_justified": finalized}
        return self._envelope(self._chain.head, data)

    def _block_of(self, block_id: str) -> SimulatedBlock:
        """Return the block of a slot, a root or ``head``."""
        chain = self._chain
        slot = slot_of_hash(ROOT_MARK, block_id)
        if slot is not None and block_id != blocks.root(chain.seed, slot):
            slot = None
        elif slot is None and block_id.isdigit():
            slot = int(block_id)
        if block_id == "head":
            found = chain.previous(chain.head + 1)
        else:
            found = None if slot is None else chain.block(slot)
        if found is None or found.slot < chain.limits.blocks_from:
            raise BeaconError(404, "Block not found")
        return found

    def _state_slot(self, state: str) -> int:
        slot = self._chain.head if state == "head" else int(state)
        if slot > self._chain.head:
            raise BeaconError(404, "State not found")
        self._require_state(slot, "missing state")
        return slot

    def _require_state(self, slot: int, message: str) -> None:
        if slot < self._chain.limits.states_from:
            raise BeaconError(404, message)

    def _wanted(self, ids: Any) -> list[SimulatedValidator]:
        """Return validators by index or key; an empty list means all, unknown ids are absent."""
        everyone = self._chain.validators()
        if not ids:
            return everyone
        wanted = {str(one).lower() for one in ids}
        return [one for one in everyone if wanted & {str(one.index), one.pubkey}]

    def _envelope(self, slot: int, data: Any, *, is_reward: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {"execution_optimistic": self._chain.limits.is_optimistic}
        if not (is_reward and self._chain.limits.omits_finalized):
            found["finalized"] = self._chain.epoch_of(slot) <= self._chain.finalized_epoch
        return {**found, "data": data}


def _validator_row(one: SimulatedValidator) -> dict[str, Any]:
    return {
        "index": str(one.index),
        "balance": str(blocks.FULL_BALANCE),
        "status": "active_slashed" if one.is_slashed else "active_ongoing",
        "validator": {
            "pubkey": one.pubkey,
            "withdrawal_credentials": one.withdrawal_credentials,
            "effective_balance": str(blocks.FULL_BALANCE),
            "slashed": one.is_slashed,
            "activation_eligibility_epoch": "0",
            "activation_epoch": str(one.activation_epoch),
            "exit_epoch": _NEVER,
            "withdrawable_epoch": _NEVER,
        },
    }
