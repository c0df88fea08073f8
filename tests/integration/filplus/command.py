"""The command `cdp` as a process of its own, over the databases that the settings name."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cdp_assets.settings import PROJECT_ROOT
from tests.preloaded_process import PreloadedProcess

_PATIENCE_SECONDS = 90


class Command:
    """A running command.

    Attributes:
        process: The process; its output goes to a file, so that it never waits for a reader.
    """

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._output = Path(self._folder.name, "output")
        self.process = PreloadedProcess(arguments, os.environ, PROJECT_ROOT, self._output)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """Return its output so far."""
        return self._output.read_text() if self._output.exists() else ""

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
        self._folder.cleanup()


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
