"""Client of a Lotus node: miner info, datacap left, and contract calls, in batches (§2.2).

One request of a batch may fail while the others succeed; its entity is then reported with the
node's reason. Scope: methods, batches, reading of members; not here: which entities to request
(``cdp_assets.filplus``), or reading a contract's result (``resources.sources.evm_call``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure, TransientFailure
from resources.codecs.exact_json import NotJson, parse_exact
from resources.codecs.multiaddr import NotMultiaddr, decode_base64_multiaddr
from resources.codecs.peer_ids import peer_id_or_text
from resources.codecs.text_sanitizing import escape_unstorable, is_plain
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.rate_limit import rate_limit_of
from resources.http.response_validation import InvalidResponse
from resources.sources.evm_call import (
    client_config_call,
    peer_data_call,
    read_max_deviation,
    read_peer_id,
)

T = TypeVar("T")
READ_SECONDS = 30.0  # a batch of state look-ups; a single one takes up to 5
LARGEST_BATCH = 50
MINER_INFO = "Filecoin.StateMinerInfo"
CLIENT_STATUS = "Filecoin.StateVerifiedClientStatus"
PEER_DATA = "eth_call:getPeerData"
CLIENT_CONFIG = "eth_call:clientConfigs"
_DATACAP = re.compile(r"-?[0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class MinerInfo:
    """What the node reports of a provider.

    Attributes:
        peer_id: Canonical, or the text on chain if it is not a peer id; null when none is set.
        multiaddrs: Those that can be decoded, as texts in the order given.
    """

    peer_id: str | None
    multiaddrs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchResponse(Generic[T]):
    """What a batch returned: a value or a reason for each requested entity.

    Attributes:
        values: By entity.
        failed: Reason by entity without a value.
        faults: By entity with a value, which of its fields could not be read.
    """

    values: dict[str, T]
    failed: dict[str, str]
    faults: dict[str, str]


class LotusRpc:
    """Client of one node (``…/v1``)."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def miner_info(self, providers: Sequence[str]) -> RequestResult:
        """Fetch at most 50 providers; read with :func:`read_miner_info`."""
        return self._request(
            MINER_INFO, providers, lambda p: ("Filecoin.StateMinerInfo", [p, None])
        )

    def peer_data(self, providers: Sequence[str]) -> RequestResult:
        """Fetch at most 50 peer ids from the contract; read with :func:`read_peer_data`."""
        return self._request(
            PEER_DATA, providers, lambda p: ("eth_call", [peer_data_call(p), "latest"])
        )

    def client_status(self, clients: Sequence[str]) -> RequestResult:
        """Fetch the datacap left of at most 50 clients; read with :func:`read_client_status`."""
        return self._request(CLIENT_STATUS, clients, lambda c: (CLIENT_STATUS, [c, []]))

    def client_configs(self, contracts: dict[str, str]) -> RequestResult:
        """Call client contracts (0x by client f0 id); read with :func:`read_client_configs`."""
        return self._request(
            CLIENT_CONFIG,
            sorted(contracts),
            lambda c: ("eth_call", [client_config_call(contracts[c], c), "latest"]),
        )

    def _request(
        self, kind: str, entities: Sequence[str], question: Callable[[str], tuple[str, list[Any]]]
    ) -> RequestResult:
        if not 1 <= len(entities) <= LARGEST_BATCH:
            raise ValueError(f"1 to {LARGEST_BATCH} entities at once")
        batch = []
        for entity in entities:
            method, params = question(entity)
            batch.append({"id": entity, "jsonrpc": "2.0", "method": method, "params": params})
        body = json.dumps(batch, separators=(",", ":")).encode()
        name = f"{kind}:{entities[0]}..{entities[-1]}"
        return self.http.send(
            Request(name=name, method="POST", body=body),
            lambda _status, got: _validate(got, entities),
        )


def read_miner_info(body: bytes, requested: Sequence[str]) -> BatchResponse[MinerInfo]:
    """Read a response to :meth:`LotusRpc.miner_info`."""
    return _read_parts(body, requested, _miner_info)


def read_peer_data(body: bytes, requested: Sequence[str]) -> BatchResponse[str | None]:
    """Read a response to :meth:`LotusRpc.peer_data`; null: the contract has no peer id."""

    def read(result: Any) -> tuple[str | None, list[str]]:
        peer_id, fault = read_peer_id(result)
        return peer_id, [] if fault is None else [f"the contract's {fault}"]

    return _read_parts(body, requested, read)


def read_client_status(body: bytes, requested: Sequence[str]) -> BatchResponse[int | None]:
    """Read a response to :meth:`LotusRpc.client_status`: bytes of datacap left, null: none."""
    return _read(body, requested, _datacap)


def read_client_configs(body: bytes, requested: Sequence[str]) -> BatchResponse[int]:
    """Read a response to :meth:`LotusRpc.client_configs`: deviation in hundredths of a percent."""
    return _read(body, requested, read_max_deviation)


def _validate(body: bytes, requested: Sequence[str]) -> CdpError | None:
    try:
        document = parse_exact(body)
    except NotJson as error:
        return TransientFailure(f"returned malformed JSON ({error})")
    for member in document if isinstance(document, list) else [document]:
        limit = rate_limit_of(member["error"]) if _has_error(member) else None
        if limit is not None:
            return limit
    if _has_error(document):
        return InvalidResponse(f"the node refuses the batch: {_reason(document['error'])}")
    if not isinstance(document, list):
        return InvalidResponse("the response is no JSON-RPC batch")
    members = _members(document)
    missing = [entity for entity in requested if entity not in members]
    if missing:
        return InvalidResponse(
            f"a partial response: {len(missing)} of {len(requested)} missing, first {missing[0]}"
        )
    return None


def _has_error(member: Any) -> bool:
    return isinstance(member, dict) and bool(member.get("error"))


def _read(body: bytes, requested: Sequence[str], read: Callable[[Any], T]) -> BatchResponse[T]:
    return _read_parts(body, requested, lambda result: (read(result), []))


def _read_parts(
    body: bytes, requested: Sequence[str], read: Callable[[Any], tuple[T, list[str]]]
) -> BatchResponse[T]:
    batch: BatchResponse[T] = BatchResponse({}, {}, {})
    members = _members(parse_exact(body))
    for entity in requested:
        member = members.get(entity, {})
        if member.get("error"):
            batch.failed[entity] = _reason(member["error"])
        elif "result" not in member:
            batch.failed[entity] = "the node gave no result"
        else:
            try:
                batch.values[entity], faults = read(member["result"])
            except PermanentFailure as error:
                batch.failed[entity] = error.message
                continue
            if faults:
                batch.faults[entity] = "; ".join(faults)
    return batch


def _members(document: list[Any]) -> dict[str, dict[str, Any]]:
    """Return the members of a batch by the id of their request; a node may add others."""
    return {
        member["id"]: member
        for member in document
        if isinstance(member, dict) and isinstance(member.get("id"), str)
    }


def _reason(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return f"the node reports: {escape_unstorable(str(message)[:200])}"


def _miner_info(result: Any) -> tuple[MinerInfo, list[str]]:
    if not isinstance(result, dict):
        raise InvalidSourceResponse("the node gave no result")
    peer_id, addresses = result.get("PeerId"), result.get("Multiaddrs")
    if not isinstance(peer_id, str | None) or not isinstance(addresses, list | None):
        raise InvalidSourceResponse("PeerId or Multiaddrs is of another type")
    if peer_id is not None and not is_plain(peer_id):
        raise InvalidSourceResponse("PeerId holds a NUL or half a character")
    peer_id, fault = peer_id_or_text(peer_id) if peer_id else (None, None)
    faults = [] if fault is None else [f"PeerId {fault}"]
    decoded = []
    for number, address in enumerate(addresses or [], 1):
        try:
            decoded.append(decode_base64_multiaddr(str(address)))
        except NotMultiaddr as error:
            faults.append(f"address {number} of Multiaddrs: {error}")
    return MinerInfo(peer_id, tuple(decoded)), faults


def _datacap(result: Any) -> int | None:
    if result is None:
        return None
    if not isinstance(result, str) or not _DATACAP.fullmatch(result):
        raise InvalidSourceResponse(f"the datacap left is {str(result)[:40]!r}")
    return int(result)
