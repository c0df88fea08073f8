"""Which process serves a data folder of Postgres: proven, never by a bare pid.

``postmaster.pid`` outlives a killed server, and its number may belong to another program by then.
Scope: finding the processes of a data folder; not here: starting and stopping
(``resources.postgres.embedded_postgres``).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import psycopg

_PROGRAM = "postgres"
_IDENTIFIER_BYTES = 8  # pg_control begins with the cluster's identifier, in the machine's order


def server_process(data: Path, dsn: str) -> psutil.Process | None:
    """Return the server's process; null when none lives.

    The process that ``postmaster.pid`` names counts when it is a Postgres that works in this
    folder. Where the system hides that from us, the server at ``dsn`` has to return the identifier
    of the folder.

    Args:
        data: The data folder.
        dsn: An address on the port that the server was given.
    """
    process = _named_process(data)
    if process is None:
        return None
    try:
        is_proven = _works_in(process, data)
    except psutil.AccessDenied:
        is_proven = _has_identifier_of(data, dsn)
    return process if is_proven else None


def processes_of(data: Path) -> list[psutil.Process]:
    """Return every Postgres process that works in a data folder, with or without a server.

    Backends outlive a killed server until their statement ends.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if _works_in(process, data):
                found.append(process)
        except psutil.AccessDenied:
            continue
    return found


def wait_until_gone(data: Path, *, seconds: float) -> list[psutil.Process]:
    """Wait until no Postgres process works in a data folder; return those that still do."""
    end = time.monotonic() + seconds
    while (found := processes_of(data)) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def has_died(data: Path) -> bool:
    """Return whether the last server was killed: one that is stopped removes its pid file.

    Only meaningful while ``server_process`` finds none.
    """
    return _pid_file(data).exists()


def forget_dead_server(data: Path) -> None:
    """Delete the pid file of a server that ``server_process`` does not find.

    Postgres itself trusts any living pid in it, and would not start. Whether a backend of the old
    server still writes, it detects by its shared memory, which it finds without that file.
    """
    _pid_file(data).unlink(missing_ok=True)


def _pid_file(data: Path) -> Path:
    return data / "postmaster.pid"


def _named_process(data: Path) -> psutil.Process | None:
    try:
        pid = int(_pid_file(data).read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (OSError, ValueError, OverflowError, psutil.NoSuchProcess):
        return None


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Return whether it is a Postgres whose working folder is the data folder."""
    try:
        return process.name() == _PROGRAM and Path(process.cwd()) == data.resolve()
    except psutil.NoSuchProcess:
        return False


def _has_identifier_of(data: Path, dsn: str) -> bool:
    try:
        with (data / "global" / "pg_control").open("rb") as control:
            expected = int.from_bytes(control.read(_IDENTIFIER_BYTES), sys.byteorder)
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            query = "select system_identifier from pg_control_system()"
            row = connection.execute(query).fetchone()
    except (OSError, psycopg.OperationalError):
        return False
    return row is not None and int(row[0]) == expected
