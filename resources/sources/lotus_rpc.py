"""Client of a Lotus node: miner info, datacap left, and contract calls, in batches (§2.2).

One question of a batch may fail while the others are answered; its entity is then named with the
node's reason. Belongs here: methods, batches, the reading of members. Does not: which entities to
ask for (``cdp_assets.filplus``), or what a contract answers (``resources.sources.evm_call``).
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
    """What the node says of a provider.

    Attributes:
        peer_id: Canonical, or the text on chain if it is no peer id; null when none is set.
        multiaddrs: Those that can be decoded, as texts in the order given.
    """

    peer_id: str | None
    multiaddrs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers(Generic[T]):
    """What a batch says: a value or a reason for each entity that was asked for.

    Attributes:
        values: By entity.
        failed: Reason by entity without a value.
        faults: By entity with a value, what of its answer could not be read.
    """

    values: dict[str, T]
    failed: dict[str, str]
    faults: dict[str, str]


class LotusRpc:
    """Client of one node (``…/v1``)."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def miner_info(self, providers: Sequence[str]) -> RequestResult:
        """Ask for at most 50 providers; read with :func:`read_miner_info`."""
        return self._ask(MINER_INFO, providers, lambda p: ("Filecoin.StateMinerInfo", [p, None]))

    def peer_data(self, providers: Sequence[str]) -> RequestResult:
        """Ask the contract for at most 50 peer ids; read with :func:`read_peer_data`."""
        return self._ask(
            PEER_DATA, providers, lambda p: ("eth_call", [peer_data_call(p), "latest"])
        )

    def client_status(self, clients: Sequence[str]) -> RequestResult:
        """Ask for the datacap left of at most 50 clients; read with :func:`read_client_status`."""
        return self._ask(CLIENT_STATUS, clients, lambda c: (CLIENT_STATUS, [c, []]))

    def client_configs(self, contracts: dict[str, str]) -> RequestResult:
        """Ask client contracts (0x by client f0 id); read with :func:`read_client_configs`."""
        return self._ask(
            CLIENT_CONFIG,
            sorted(contracts),
            lambda c: ("eth_call", [client_config_call(contracts[c], c), "latest"]),
        )

    def _ask(
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
            lambda _status, got: _judge(got, entities),
        )


def read_miner_info(body: bytes, asked: Sequence[str]) -> Answers[MinerInfo]:
    """Read an answer to :meth:`LotusRpc.miner_info`."""
    return _read_parts(body, asked, _miner_info)


def read_peer_data(body: bytes, asked: Sequence[str]) -> Answers[str | None]:
    """Read an answer to :meth:`LotusRpc.peer_data`; null: the contract holds no peer id."""

    def read(result: Any) -> tuple[str | None, list[str]]:
        peer_id, fault = read_peer_id(result)
        return peer_id, [] if fault is None else [f"the contract's {fault}"]

    return _read_parts(body, asked, read)


def read_client_status(body: bytes, asked: Sequence[str]) -> Answers[int | None]:
    """Read an answer to :meth:`LotusRpc.client_status`: bytes of datacap left, null: none."""
    return _read(body, asked, _datacap)


def read_client_configs(body: bytes, asked: Sequence[str]) -> Answers[int]:
    """Read an answer to :meth:`LotusRpc.client_configs`: deviation in hundredths of a percent."""
    return _read(body, asked, read_max_deviation)


def _judge(body: bytes, asked: Sequence[str]) -> CdpError | None:
    try:
        document = parse_exact(body)
    except NotJson as error:
        return TransientFailure(f"answered with malformed JSON ({error})")
    for member in document if isinstance(document, list) else [document]:
        limit = rate_limit_of(member["error"]) if _has_error(member) else None
        if limit is not None:
            return limit
    if _has_error(document):
        return InvalidResponse(f"the node refuses the batch: {_reason(document['error'])}")
    if not isinstance(document, list):
        return InvalidResponse("the answer is no JSON-RPC batch")
    answered = _members(document)
    missing = [entity for entity in asked if entity not in answered]
    if missing:
        return InvalidResponse(
            f"a partial answer: {len(missing)} of {len(asked)} are missing, first {missing[0]}"
        )
    return None


def _has_error(member: Any) -> bool:
    return isinstance(member, dict) and bool(member.get("error"))


def _read(body: bytes, asked: Sequence[str], read: Callable[[Any], T]) -> Answers[T]:
    return _read_parts(body, asked, lambda result: (read(result), []))


def _read_parts(
    body: bytes, asked: Sequence[str], read: Callable[[Any], tuple[T, list[str]]]
) -> Answers[T]:
    answers: Answers[T] = Answers({}, {}, {})
    members = _members(parse_exact(body))
    for entity in asked:
        member = members.get(entity, {})
        if member.get("error"):
            answers.failed[entity] = _reason(member["error"])
        elif "result" not in member:
            answers.failed[entity] = "the node gave no result"
        else:
            try:
                answers.values[entity], faults = read(member["result"])
            except PermanentFailure as error:
                answers.failed[entity] = error.message
                continue
            if faults:
                answers.faults[entity] = "; ".join(faults)
    return answers


def _members(document: list[Any]) -> dict[str, dict[str, Any]]:
    """Return the members of a batch that answer a question; a node may add others."""
    return {
        member["id"]: member
        for member in document
        if isinstance(member, dict) and isinstance(member.get("id"), str)
    }


def _reason(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return f"the node says: {escape_unstorable(str(message)[:200])}"


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
