"""Requests to addresses that outsiders publish, without opening a way into our own network.

Scope: which addresses are public, and a transport that connects to no other; not here: resolving
names (``resources.http.dns``) or which publishers to request
(``cdp_assets.filplus.providers.ipni.crawl``).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpx

from cdp_assets.errors import PermanentFailure, SourceUnavailable
from resources.http.dns import Resolver, resolve

NOT_PUBLIC = "its publisher's address is not public"
_INSIDE = frozenset({"localhost", "localdomain", "local", "internal", "lan", "arpa"})
_UNICAST_6 = ipaddress.ip_network("2000::/3")  # RFC 4291; addresses outside it may embed any IPv4
_ADDRESSES_TRIED = 4  # of one name; each may take the full connect time-out


def is_public_address(text: str) -> bool:
    """Return whether an IP address is on the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public_address(str(address.ipv4_mapped))
        if address not in _UNICAST_6 or address.sixtofour is not None:
            return False
    return address.is_global and not address.is_multicast


def looks_public(url: str) -> bool:
    """Return whether an address may be public, by its text alone: no name is resolved."""
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return False
    last = host.rsplit(".", 1)[-1]
    if ":" in host or last.isdigit():
        return is_public_address(host)
    return "." in host and last not in _INSIDE


class PublicTransport(httpx.BaseTransport):
    """Connects to public addresses only, and to exactly the address that it checked.

    If the environment names a proxy, httpx uses that instead of this transport; the proxy then
    decides what may be reached.

    Args:
        resolver: Finds the addresses of a name; a test passes its own.
        inner: Sends; a test passes its own.
    """

    def __init__(
        self, resolver: Resolver = resolve, *, inner: httpx.BaseTransport | None = None
    ) -> None:
        self._resolver = resolver
        self._inner = inner or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send to an address of the host, under the host's own name.

        Raises:
            PermanentFailure: One of its addresses is not public; nothing was sent.
            SourceUnavailable: Its name has no address, or cannot be resolved.
            httpx.TransportError: As of any transport.
        """
        host = request.url.host
        addresses = self._resolver(host)
        if not addresses:
            raise SourceUnavailable("its name has no address")
        if not all(is_public_address(address) for address in addresses):
            raise PermanentFailure(NOT_PUBLIC, hint="none; such addresses are never requested")
        *others, last = addresses[:_ADDRESSES_TRIED]
        for address in others:
            try:
                return self._inner.handle_request(_sent_to(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._inner.handle_request(_sent_to(request, host, last))

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _sent_to(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """Return the same request for one address; Host header and certificate stay the name's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
