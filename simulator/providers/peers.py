"""Peers of simulated providers: ids and addresses that Lotus, IPNI and the locator agree on.

Scope: the peer id and addresses of each provider, with the real dirt; not here: protocols
(``lotus``, ``ipni``).
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from simulator.randomness import hashed, share
from simulator.solana.keys import base58

_PUBLIC_FIRST_OCTETS = (45, 85, 103, 152, 183, 212)
_ED25519_IDENTITY = bytes.fromhex("002408011220")  # how every 12D3KooW… id begins


@dataclass(frozen=True)
class Peer:
    """What is published about one provider.

    Attributes:
        node_peer_id: In the node; null: none is set.
        contract_peer_id: In the contract; empty: none is set.
        multiaddrs: Texts, in order.
        error: The node's error for this provider; null: none.
    """

    node_peer_id: str | None
    contract_peer_id: str
    multiaddrs: tuple[str, ...]
    error: str | None = None

    @property
    def peer_id(self) -> str | None:
        """The peer id that counts: the contract's, else the node's."""
        return self.contract_peer_id or self.node_peer_id


class Peers:
    """Peers by provider (``f0…``), generated from the seed or fixed by a test."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.fixed: dict[str, Peer] = {}

    def of(self, provider: str) -> Peer:
        """Return what is published about a provider."""
        if provider in self.fixed:
            return self.fixed[provider]
        draw = share(self._seed, "peer", provider)
        node, address = peer_id(self._seed, provider), self._address(provider)
        if draw < 0.01:
            return Peer(None, "", (), "actor not found")
        if draw < 0.06:
            return Peer(None, "", ())
        if draw < 0.12:
            return Peer(node, "", ())
        if draw < 0.15:
            return Peer(node, "", ("/ip4/10.0.0.7/tcp/24001", f"/ip4/{address}/tcp/24001"))
        if draw < 0.17:
            return Peer(node, "", ("/dns4/localhost/tcp/24001",))
        contract = peer_id(self._seed, provider, "curio") if draw > 0.85 else ""
        return Peer(node, contract, (f"/ip4/{address}/tcp/24001",))

    def _address(self, provider: str) -> str:
        number = hashed(self._seed, "ip", provider)
        first = _PUBLIC_FIRST_OCTETS[number % len(_PUBLIC_FIRST_OCTETS)]
        return f"{first}.{number >> 8 & 127}.{number >> 16 & 255}.{1 + (number >> 24) % 254}"


def peer_id(*labels: object) -> str:
    """Return the peer id of the key that belongs to labels."""
    digest = hashlib.sha256(":".join(map(str, labels)).encode()).digest()
    return base58(_ED25519_IDENTITY + digest)


def binary_multiaddr(text: str) -> bytes:
    """Return the binary form of an address with a host and a TCP port, as nodes store it.

    Raises:
        ValueError: Another form.
    """
    _, kind, host, transport, port = text.split("/")
    if transport != "tcp":
        raise ValueError(f"{text} names no TCP port")
    if kind in ("ip4", "ip6"):
        head = bytes([4 if kind == "ip4" else 41]) + ipaddress.ip_address(host).packed
    else:
        code = {"dns": 53, "dns4": 54, "dns6": 55}[kind]
        head = bytes([code, len(host)]) + host.encode()
    return head + b"\x06" + int(port).to_bytes(2, "big")
