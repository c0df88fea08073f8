"""The caller's address and scheme, through proxies that are named.

Scope: whom to believe; not here: what is done with an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.types import Scope

Networks = Sequence[IPv4Network | IPv6Network]


def client_address(scope: Scope, headers: Mapping[str, str], proxies: Networks) -> str:
    """Return the network address of the caller; empty where it is unknown.

    ``X-Forwarded-For`` counts from its end, for as long as each sender is a named proxy: what is
    further left was written by somebody else.
    """
    client = scope.get("client")
    address = str(client[0]) if client else ""
    forwarded = headers.get("x-forwarded-for", "") if proxies else ""
    senders = [part.strip() for part in forwarded.split(",") if part.strip()]
    while senders and is_within(address, proxies):
        address = senders.pop()
    return address if _is_address(address) else ""


def scheme(scope: Scope, headers: Mapping[str, str], proxies: Networks) -> str:
    """Return ``https`` where the caller came over TLS, as a named proxy says if there is one."""
    client = scope.get("client")
    if proxies and client and is_within(str(client[0]), proxies):
        return headers.get("x-forwarded-proto", str(scope["scheme"])).strip().lower()
    return str(scope["scheme"])


def is_within(address: str, networks: Networks) -> bool:
    """Return whether an address is in one of the networks; a text that is none is not."""
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
