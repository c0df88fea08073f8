"""A Lotus node and the two contracts that are called through it (compliance §2.2).

Scope: JSON-RPC, single and in batches; not here: peer ids (``peers``).
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.providers.peers import Peers, binary_multiaddr
from simulator.randomness import hashed, share

_PEER_DATA, _CLIENT_CONFIGS = "0x3e2eac07", "0x1f558748"
_ACTOR = re.compile(r"f0\d+")


class _RpcError(Exception):
    """An error object of JSON-RPC."""


class Lotus:
    """The node over one set of peers."""

    def __init__(self, seed: int, peers: Peers) -> None:
        self._seed = seed
        self._peers = peers

    def routes(self) -> list[Route]:
        """Return the node's only route."""
        return [Route("/v1", self._respond, methods=["POST"])]

    async def _respond(self, request: Request) -> JSONResponse:
        try:
            document = json.loads(await request.body())
        except ValueError:
            return JSONResponse(_error(None, -32700, "Parse error"), status_code=500)
        if isinstance(document, list):
            return JSONResponse([self._call(member) for member in document])
        return JSONResponse(self._call(document))

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        identifier, method, params = call.get("id"), call.get("method"), call.get("params", [])
        methods = {
            "Filecoin.StateMinerInfo": self._miner_info,
            "Filecoin.StateVerifiedClientStatus": self._client_status,
            "eth_call": self._eth_call,
        }
        if method not in methods:
            return _error(identifier, -32601, f"method '{method}' not found")
        try:
            result = methods[method](params)
        except _RpcError as error:
            return _error(identifier, 1, str(error))
        return {"jsonrpc": "2.0", "id": identifier, "result": result}

    def _miner_info(self, params: list[Any]) -> dict[str, Any]:
        if not params or not _ACTOR.fullmatch(str(params[0])):
            raise _RpcError("failed to decode address")
        peer = self._peers.of(params[0])
        if peer.error is not None:
            raise _RpcError(peer.error)
        addresses = [base64.b64encode(binary_multiaddr(m)).decode() for m in peer.multiaddrs]
        return {
            "Owner": "f0100",
            "Worker": "f0101",
            "PeerId": peer.node_peer_id,
            "Multiaddrs": addresses or None,
            "SectorSize": 34359738368,
        }

    def _client_status(self, params: list[Any]) -> str | None:
        client = str(params[0]) if params else ""
        if share(self._seed, "has datacap", client) < 0.2:
            return None
        return str(hashed(self._seed, "datacap", client) % 2**52)

    def _eth_call(self, params: list[Any]) -> str:
        data = str(params[0]["data"])
        number = int(data[10:74] or "0", 16) & (2**64 - 1)
        if data.startswith(_PEER_DATA):
            peer = self._peers.of(f"f0{number}")
            return "0x" + (_word(32) + _tuple(peer.contract_peer_id.encode(), b"")).hex()
        if data.startswith(_CLIENT_CONFIGS):
            return "0x" + _word(hashed(self._seed, "deviation", number) % 5_000).hex()
        raise _RpcError("execution reverted")


def _tuple(first: bytes, second: bytes) -> bytes:
    head = _bytes(first)
    return _word(64) + _word(64 + len(head)) + head + _bytes(second)


def _bytes(value: bytes) -> bytes:
    return _word(len(value)) + value + b"\0" * (-len(value) % 32)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _error(identifier: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}
