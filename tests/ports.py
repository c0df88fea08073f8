"""Loopback ports for processes that a test starts itself."""

from __future__ import annotations

import socket


def free_ports(count: int) -> list[int]:
    """Return ports that nobody had a moment ago, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(found.getsockname()[1]) for found in sockets]
    for found in sockets:
        found.close()
    return ports
