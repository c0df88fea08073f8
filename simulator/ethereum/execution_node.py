"""Ethereum's JSON-RPC in an execution node's form (validator §3.2), over the simulated chain.

Scope: methods, batches, hex quantities; not here: the chain's content (``chain``) and faults.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.ethereum import blocks
from simulator.ethereum.blocks import SimulatedBlock
from simulator.ethereum.chain import EthereumChain


class ExecutionNode:
    """A node over one chain."""

    def __init__(self, chain: EthereumChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the node's only route."""
        return [Route("/ethereum", self._respond, methods=["POST"])]

    async def _respond(self, request: Request) -> JSONResponse:
        try:
            document = json.loads(await request.body())
        except ValueError:
            return JSONResponse(_failed(None, -32700, "Parse error"))
        if isinstance(document, list):
            return JSONResponse([self._call(member) for member in document])
        return JSONResponse(self._call(document))

    def _call(self, call: Any) -> dict[str, Any]:
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return _failed(None, -32600, "Invalid request")
        identifier, method, parameters = call.get("id"), call["method"], call.get("params", [])
        try:
            if method == "eth_blockNumber":
                newest = self._chain.previous(self._chain.head + 1)
                number = self._chain.block_number(newest.slot) if newest else 0
                return _succeeded(identifier, hex(number))
            if method == "eth_getBlockByNumber":
                found = self._chain.block_of_number(int(parameters[0], 16))
                return _succeeded(identifier, found and self._block(found))
            if method == "eth_getBlockReceipts":
                found = self._chain.block_of_number(int(parameters[0], 16))
                return _succeeded(identifier, found and self._receipts(found))
        except (ValueError, TypeError, IndexError):
            return _failed(identifier, -32602, "invalid argument 0")
        return _failed(identifier, -32601, f"the method {method} does not exist")

    def _block(self, block: SimulatedBlock) -> dict[str, Any]:
        seed, slot = self._chain.seed, block.slot
        return {
            "number": hex(self._chain.block_number(slot)),
            "hash": blocks.block_hash(seed, slot),
            "miner": block.miner,
            "baseFeePerGas": hex(block.base_fee),
            "gasUsed": hex(sum(one.gas_used for one in block.transactions)),
            "timestamp": hex(self._chain.slot_time(slot)),
            "transactions": [
                {
                    "hash": blocks.transaction_hash(seed, slot, place),
                    "from": one.sender,
                    "to": one.receiver,
                    "value": hex(one.value),
                    "transactionIndex": hex(place),
                }
                for place, one in enumerate(block.transactions)
            ],
        }

    def _receipts(self, block: SimulatedBlock) -> list[dict[str, Any]]:
        return [
            {
                "transactionHash": blocks.transaction_hash(self._chain.seed, block.slot, place),
                "gasUsed": hex(one.gas_used),
                "effectiveGasPrice": hex(one.price),
                "status": hex(place % 5 != 4),
                "from": one.sender,
                "to": one.receiver,
            }
            for place, one in enumerate(block.transactions)
        ]


def _succeeded(identifier: Any, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "result": result}


def _failed(identifier: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}
