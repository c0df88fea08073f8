"""Loopback ports for processes that a test starts itself."""

from __future__ import annotations

import random
import socket

# Below the range from which Linux and macOS give ports to outgoing connections: one of those would
# take a number between the end of a server and its next start.
_RANGE = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody had a moment ago, all different.

    They are drawn without the seed of the test order, which all test processes share.
    """
    drawn = random.SystemRandom().sample(_RANGE, len(_RANGE))
    sockets: list[socket.socket] = []
    while len(sockets) < count:
        try:
            sockets.append(socket.create_server(("127.0.0.1", drawn.pop())))
        except OSError:
            continue
    ports = [int(found.getsockname()[1]) for found in sockets]
    for found in sockets:
        found.close()
    return ports
