"""An embedded server as a crash leaves it: killed, with a pid file that a test writes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.postgres.embedded_postgres import EmbeddedPostgres
from resources.postgres.postgres_binaries import UNPRIVILEGED_USER
from resources.postgres.postgres_process import wait_until_gone


@dataclass(frozen=True)
class PidFile:
    """The ``postmaster.pid`` of a server that was killed.

    Attributes:
        path: The file.
        content: What the server wrote into it.
    """

    path: Path
    content: str

    def name(self, pid: int) -> None:
        """Write another process into it."""
        rest = self.content.split("\n", 1)[1]
        self.path.write_text(f"{pid}\n{rest}")


def as_server_user() -> dict[str, Any]:
    """Return arguments of ``Popen`` for a process of the server's own user.

    Postgres takes the pid of another user's process for free.
    """
    return {"user": UNPRIVILEGED_USER} if os.geteuid() == 0 else {}


def kill_server(postgres: EmbeddedPostgres) -> PidFile:
    """Kill the server with SIGKILL and wait until its last backend is gone."""
    server, process = postgres.find(), postgres.process()
    assert server is not None
    assert process is not None
    data = Path(server.data)
    path = data / "postmaster.pid"
    content = path.read_text()
    process.kill()
    assert wait_until_gone(data, seconds=30) == []
    return PidFile(path, content)
