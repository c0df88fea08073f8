"""The network indexer and the publishers of simulated providers (compliance §2.2).

Scope: chains of advertisements and entries, in JSON as Boost and in CBOR as Curio serves them, with
chains that loop, break or are huge; not here: peer ids (``peers``).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import libipld
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.dmob.pairs import provider_id
from simulator.providers.peers import Peers
from simulator.randomness import hashed, share

NO_ENTRIES = "bafkreehdwdcefgh4dqkjv67uzcmw7oje"
Kind = Literal["boost", "curio", "no endpoint", "libp2p only"]
_GENERATED = 60


@dataclass(frozen=True)
class _Published:
    provider: str
    kind: Kind
    head: str | None


class IpniNetwork:
    """Publishers and what they published."""

    def __init__(self, seed: int, peers: Peers) -> None:
        self._seed = seed
        self._peers = peers
        self.published: dict[str, _Published] = {}
        self.blocks: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.addresses: dict[str, list[str]] = {}  # listed instead of a provider's real address
        self._generate()

    def clear(self) -> None:
        """Remove everything that was published."""
        self.published.clear()
        self.blocks.clear()
        self.gone.clear()
        self.addresses.clear()

    def publish(
        self,
        provider: str,
        counts: Sequence[Sequence[int]],
        *,
        kind: Kind = "boost",
        removals: Sequence[int] = (),
        loops: bool = False,
        entries_loop: int | None = None,
    ) -> list[str]:
        """Publish a chain for a provider (peer id); return the CIDs of its ads, oldest first.

        Args:
            provider: Peer id; an existing chain is extended.
            counts: For each ad the numbers of entries of its blocks; an empty list: no entries.
            kind: How it is served.
            removals: Places of ads that withdraw their context.
            loops: The oldest ad names the newest as its previous.
            entries_loop: Place of the ad whose last entry block names its first as next.
        """
        before = self.published.get(provider)
        previous = before.head if before else None
        cids: list[str] = []
        for place, blocks in enumerate(counts):
            cid = _cid("ad", provider, len(self.blocks), place)
            block: dict[str, Any] = {
                "Provider": provider,
                "ContextID": {"/": {"bytes": _bytes_text("context", provider, place)}},
                "Entries": {"/": self._entries(provider, cid, blocks, place == entries_loop)},
                "IsRm": place in removals,
            }
            if previous is not None:
                block["PreviousID"] = {"/": previous}
            self.blocks[cid] = block
            cids.append(cid)
            previous = cid
        if loops:
            self.blocks[cids[0]]["PreviousID"] = {"/": cids[-1]}
        self.published[provider] = _Published(provider, kind, previous)
        return cids

    def share(self, provider: str, chain_of: str) -> None:
        """List a provider with the head of another one's chain, at the same publisher."""
        other = self.published[chain_of]
        self.published[provider] = _Published(provider, other.kind, other.head)

    def _entries(self, provider: str, ad: str, counts: Sequence[int], loops: bool) -> str:
        if not counts:
            return NO_ENTRIES
        cids = [_cid("entries", ad, place) for place in range(len(counts))]
        for place, count in enumerate(counts):
            last = place + 1 == len(counts)
            block: dict[str, Any] = {"Entries": [{"/": {"bytes": _bytes_text(ad, place)}}] * count}
            if not last or loops:
                block["Next"] = {"/": cids[0] if last else cids[place + 1]}
            self.blocks[cids[place]] = block
        return cids[0]

    def _generate(self) -> None:
        for number in range(1, _GENERATED + 1):
            provider = f"f0{provider_id(number)}"
            peer = self._peers.of(provider).peer_id
            draw = share(self._seed, "ipni", provider)
            if peer is None or draw < 0.1:
                continue
            kind: Kind = "curio" if self._peers.of(provider).contract_peer_id else "boost"
            if draw < 0.16:
                kind = "no endpoint" if draw < 0.13 else "libp2p only"
            entries = 30 if draw < 0.35 else 5_000
            ads = 1 + hashed(self._seed, "ads", provider) % 6
            counts = [_split(entries // ads) for _ in range(ads)]
            cids = self.publish(
                peer,
                [*counts, []],
                kind=kind,
                removals=[ads],
                loops=0.90 < draw < 0.93,
                entries_loop=0 if 0.93 < draw < 0.95 else None,
            )
            if draw > 0.97:
                self.gone.add(cids[0])

    def routes(self) -> list[Route]:
        """Return the indexer's route and those of the publishers."""
        return [
            Route("/cid-contact/providers", self._providers),
            Route("/ipni/v1/ad/{cid}", self._boost),
            Route("/ipni-provider/{peer}/ipni/v1/ad/{cid}", self._curio),
        ]

    async def _providers(self, request: Request) -> JSONResponse:
        return JSONResponse([self._listed(p, request.url.port) for p in self.published.values()])

    def _listed(self, published: _Published, port: int | None) -> dict[str, Any]:
        host = f"/ip4/127.0.0.1/tcp/{port}"
        address = {
            "boost": f"{host}/http",
            "curio": f"{host}/http/http-path/%2Fipni-provider%2F{published.provider}",
            "no endpoint": f"{host}/http/http-path/%2Fipni-provider%2Fnobody",
            "libp2p only": f"{host}/p2p/{published.provider}",
        }[published.kind]
        return {
            "AddrInfo": {"ID": published.provider, "Addrs": ["/ip4/127.0.0.1/tcp/24001"]},
            "LastAdvertisement": {"/": published.head} if published.head else None,
            "LastAdvertisementTime": "2026-03-01T00:00:00Z",
            "Publisher": {
                "ID": published.provider,
                "Addrs": self.addresses.get(published.provider, [address]),
            },
            "ExtendedProviders": {},
            "FrozenAt": None,
        }

    async def _boost(self, request: Request) -> Response:
        block = self._block(request.path_params["cid"])
        return Response(status_code=404) if block is None else JSONResponse(block)

    async def _curio(self, request: Request) -> Response:
        cid, known = request.path_params["cid"], self.published.get(request.path_params["peer"])
        block = self._block(cid) if known is not None else None
        if block is None:
            return Response("404 page not found", status_code=404)
        return Response(dag_cbor(block), media_type="application/cbor")

    def _block(self, cid: str) -> dict[str, Any] | None:
        if cid == "head":
            return {"head": {"/": _cid("head")}}
        return None if cid in self.gone else self.blocks.get(cid)


def dag_cbor(block: Mapping[str, Any]) -> bytes:
    """Return a block of DAG-JSON in Curio's form."""
    return libipld.encode_dag_cbor({name: _plain(value) for name, value in block.items()})


def _plain(value: Any) -> Any:
    """Return links and bytes as bytes: the encoder turns a CID into a link."""
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if not isinstance(value, dict):
        return value
    inner = value["/"]
    if isinstance(inner, str):
        return libipld.decode_multibase(inner)[1]
    return base64.b64decode(inner["bytes"] + "=" * (-len(inner["bytes"]) % 4))


def _split(entries: int) -> list[int]:
    return [1_000] * (entries // 1_000) + ([entries % 1_000] if entries % 1_000 else [])


def _cid(*labels: object) -> str:
    """Return a CIDv1 (dag-json, sha2-256) that depends on the labels alone."""
    digest = hashlib.sha256(":".join(map(str, labels)).encode()).digest()
    raw = b"\x01\xa9\x02\x12\x20" + digest
    return "b" + base64.b32encode(raw).decode().rstrip("=").lower()


def _bytes_text(*labels: object) -> str:
    digest = hashlib.sha256(":".join(map(str, labels)).encode()).digest()[:8]
    return base64.b64encode(digest).decode().rstrip("=")
