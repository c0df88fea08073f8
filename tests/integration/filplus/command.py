"""The command `cdp` as a process of its own, over the databases that the settings name."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from cdp_assets.settings import PROJECT_ROOT

_PATIENCE_SECONDS = 90
_MAIN = "from cdp_assets.cli.app import main; main()"


class Command:
    """A running command.

    Attributes:
        process: The process; its output goes to a file, so that it never waits for a reader.
    """

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _MAIN, *arguments],
            cwd=PROJECT_ROOT,
            env=dict(os.environ),
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """Return its output so far."""
        self._output.seek(0)
        return self._output.read()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for what it brings about.

        Raises:
            AssertionError: It ended before or takes too long; with what it said.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def close(self) -> None:
        """End it if it still runs."""
        self.kill()
        self._output.close()


@contextmanager
def command(*arguments: str) -> Iterator[Command]:
    """Start a command; it is killed at the end if it still runs."""
    started = Command(arguments)
    try:
        yield started
    finally:
        started.close()


def waiting_sessions(connection: psycopg.Connection, locktype: str) -> int:
    """Return how many sessions of this database wait for a lock of a type, as pg_locks names it."""
    row = connection.execute(
        "select count(distinct l.pid) from pg_locks l join pg_database d on d.oid = l.database "
        "where not l.granted and l.locktype = %s and d.datname = current_database()",
        [locktype],
    ).fetchone()
    assert row is not None
    return int(row[0])
