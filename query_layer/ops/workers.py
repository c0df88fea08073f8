"""Workers: several processes that share ports, cursor secret and metrics.

Scope: starting, replacing and ending them; not here: one of them (``query_layer.ops.service``).
"""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile

from prometheus_client.multiprocess import mark_process_dead
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from query_layer.settings import Settings, hand_down


class _Workers(Multiprocess):
    """The processes that serve side by side; one that ends is replaced."""

    def keep_subprocess_alive(self) -> None:
        """Replace those that ended, and forget the present state that they left in the metrics."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def serve_together(config: Config, settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve with as many processes as the configuration has, until a signal.

    Args:
        config: Its application is named, since each process builds its own.
        settings: With the ports of the sockets.
        sockets: That of the service, and that of the metrics if it has one.

    Raises:
        SystemExit: A process could not start.
    """
    secret = settings.cursor_secret
    shared = tempfile.mkdtemp(prefix="cdp-query-metrics-")
    hand_down(
        {
            "CDP_QUERY_PORT": str(settings.port),
            "CDP_QUERY_METRICS_PORT": str(settings.metrics_port),
            "CDP_QUERY_CURSOR_SECRET": (
                secret.get_secret_value() if secret else secrets.token_hex(32)
            ),
            "PROMETHEUS_MULTIPROC_DIR": shared,  # read when the library is imported
        }
    )
    workers = _Workers(config, sockets)
    try:
        workers.run()
    finally:
        shutil.rmtree(shared, ignore_errors=True)
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        raise SystemExit(STARTUP_FAILURE)
