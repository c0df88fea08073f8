"""Resolving host names of providers by A and AAAA records, through the system's resolver.

Scope: distinguishing a name that does not exist from a resolver that does not respond; not here:
reading names out of multiaddrs (``resources.codecs.multiaddr``).
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from cdp_assets.errors import SourceUnavailable

Resolver = Callable[[str], list[str]]
_NO_SUCH_NAME = {socket.EAI_NONAME} | {
    getattr(socket, name) for name in ("EAI_NODATA",) if hasattr(socket, name)
}


def resolve(name: str) -> list[str]:
    """Return the IP addresses of a name, IPv4 first, each once; none for a name that is unknown.

    Raises:
        SourceUnavailable: The resolver does not respond.
    """
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            return []
        raise SourceUnavailable(f"the name {name[:80]} could not be looked up") from None
    except (UnicodeError, ValueError):
        return []  # longer than a name may be, or with letters that no name has
    addresses = {str(entry[4][0]): entry[0] != socket.AF_INET for entry in found}
    return sorted(addresses, key=lambda address: (addresses[address], address))
