"""The simulator as a process: ``python -m simulator --port N --seed S --as-of ISO``.

The simulated source database is given by ``DMOB_DATABASE_URL``, so that no process list shows it.

Scope: arguments, the line with the address, the end on SIGTERM; not here: serving (``server``).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from simulator.server.clock import read_instant
from simulator.server.http_server import SimulatorServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; print the address in one line when ready.

    Returns:
        0 at the end, 1 when the port is taken; a wrong argument ends with 2.
    """
    parser = argparse.ArgumentParser(prog="simulator", description="The outside world, offline.")
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same world")
    parser.add_argument("--as-of", required=True, help="ISO instant (UTC) of the simulated clock")
    parser.add_argument("--slots-per-epoch", type=int, default=96, help="multiple of 16 from 48")
    parser.add_argument("--epoch-seconds", type=int, default=172_800, help="length of an epoch")
    parser.add_argument(
        "--world", default="", help="also the first part of every path: the name of the world"
    )
    given = parser.parse_args(arguments)
    try:
        server = SimulatorServer(
            given.port,
            seed=given.seed,
            as_of=read_instant(given.as_of),
            slots_per_epoch=given.slots_per_epoch,
            epoch_seconds=given.epoch_seconds,
            world_name=given.world,
            dmob=os.environ.get("DMOB_DATABASE_URL") or None,
        )
    except ValueError as error:
        parser.error(str(error))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        server.start()
    except OSError as error:
        print(f"port {given.port} on 127.0.0.1: {error.strerror}", file=sys.stderr)
        return 1
    print(server.url, flush=True)
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
