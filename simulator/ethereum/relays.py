"""Data APIs of MEV-Boost relays (validator §3.2), over the simulated chain.

A payload may be at several relays, and the first relay also reports payloads of blocks that did not
become canonical. Scope: paging and limits; not here: the chain's content (``chain``) and faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.ethereum import blocks
from simulator.ethereum.blocks import RELAYS, SimulatedBlock
from simulator.ethereum.chain import EthereumChain
from simulator.ethereum.keys import BLOCK_MARK, hash_of_slot
from simulator.randomness import hashed

LARGEST_PAGE, LARGEST_RECEIVED = 200, 500
_FILTERS = ("block_hash", "block_number", "proposer_pubkey", "builder_pubkey")
_ORPHANED = 25  # one slot in so many has a second payload, of a block that is not canonical


class Relays:
    """The relays of one chain, each below its name."""

    def __init__(self, chain: EthereumChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes of all relays."""
        data = "/{relay}/relay/v1/data/bidtraces"
        return [
            Route(data + "/proposer_payload_delivered", self._delivered, methods=["GET"]),
            Route(data + "/builder_blocks_received", self._received, methods=["GET"]),
        ]

    async def _delivered(self, request: Request) -> JSONResponse:
        query, relay = request.query_params, request.path_params["relay"]
        if relay not in RELAYS:
            return _refused(404, "no such relay")
        if "slot" in query and "cursor" in query:
            return _refused(400, "cannot specify both slot and cursor")
        try:
            limit = int(query.get("limit", LARGEST_PAGE))
            cursor = int(query.get("slot", query.get("cursor", self._chain.head)))
        except ValueError:
            return _refused(400, "invalid number")
        if limit > LARGEST_PAGE:
            return _refused(400, f"maximum limit is {LARGEST_PAGE}")
        last = cursor if "slot" in query else 0
        rows = (
            row
            for slot in range(min(cursor, self._chain.head), last - 1, -1)
            for row in self._rows(relay, slot)
            if all(row[name] == query[name] for name in _FILTERS if name in query)
        )
        return JSONResponse(list(islice(rows, limit)))

    async def _received(self, request: Request) -> JSONResponse:
        query, relay = request.query_params, request.path_params["relay"]
        if "slot" not in query:
            return _refused(400, "need to query for specific slot or block_hash")
        slot = int(query["slot"])
        at = self._chain.slot_time(slot)
        stamps = {"timestamp": str(at), "timestamp_ms": str(at * 1_000)}
        rows = [{**row, **stamps} for row in self._rows(relay, slot)]
        return JSONResponse(rows[: min(int(query.get("limit", 100)), LARGEST_RECEIVED)])

    def _rows(self, relay: str, slot: int) -> Iterator[dict[str, Any]]:
        block = self._chain.block(slot)
        if block is None or block.bid is None:
            return
        if relay in block.bid.relays:
            yield self._row(block, blocks.block_hash(self._chain.seed, slot))
        if relay == RELAYS[0] and hashed(self._chain.seed, "orphaned", slot) % _ORPHANED == 0:
            yield self._row(block, hash_of_slot(BLOCK_MARK, slot, self._chain.seed, "orphaned"))

    def _row(self, block: SimulatedBlock, block_hash: str) -> dict[str, Any]:
        assert block.bid is not None
        proposer = blocks.validator(self._chain.seed, block.proposer_index)
        before = self._chain.previous(block.slot)
        parent = blocks.block_hash(self._chain.seed, before.slot) if before else "0x" + "00" * 32
        return {
            "slot": str(block.slot),
            "parent_hash": parent,
            "block_hash": block_hash,
            "builder_pubkey": block.bid.builder_pubkey,
            "proposer_pubkey": proposer.pubkey,
            "proposer_fee_recipient": block.bid.recipient,
            "gas_limit": "30000000",
            "gas_used": str(sum(one.gas_used for one in block.transactions)),
            "value": str(block.bid.value),
            "block_number": str(self._chain.block_number(block.slot)),
            "num_tx": str(len(block.transactions)),
        }


def _refused(code: int, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status_code=code)
