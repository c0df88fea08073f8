"""Locks of the warehouse's database: each ends with the connection that holds it.

So a lock never outlives its process. Scope: taking a named lock within a limit, trying one, naming
its holder; not here: which names a run takes (``resources.postgres.warehouse``,
``resources.postgres.run_process``).
"""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from cdp_assets.errors import TransientFailure

LOGGER = "cdp"  # dagster.yaml sends its lines to the run's log, `cdp` to the terminal
_log = logging.getLogger(f"{LOGGER}.locks")
_LONGEST_NAME = 63  # of an application, in Postgres

_HOLDER = """
select a.pid, a.application_name, a.state_change
from pg_locks l
join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
    and l.database = (select oid from pg_database where datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(%s, 0)
"""


@dataclass(frozen=True)
class Holder:
    """The holder of a lock.

    Attributes:
        backend: Process of the database server.
        application: What the holder calls itself; empty when this role may not see it.
        since: When it took the last of its locks, UTC; null when this role may not see it.
    """

    backend: int
    application: str
    since: datetime | None

    def __str__(self) -> str:
        who = f" ({self.application})" if self.application else ""
        when = f" since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"held by backend {self.backend}{who}{when}"


def application_name(what: str) -> str:
    """Return the application name of a connection: purpose, host and process id."""
    return f"cdp {what} {socket.gethostname()[:24]}:{os.getpid()}"[:_LONGEST_NAME]


def disable_idle_timeouts(connection: psycopg.Connection) -> None:
    """Let a connection that holds locks stay idle as long as its process lives."""
    connection.execute(
        "select set_config('idle_session_timeout', '0', false), "
        "set_config('idle_in_transaction_session_timeout', '0', false)"
    )
    connection.execute("reset role")  # sees who else is connected as the same user


def try_lock(connection: psycopg.Connection, name: str) -> bool:
    """Take a lock if it is free; return whether it was taken."""
    row = connection.execute(
        "select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]
    ).fetchone()
    return bool(row and row[0])


def take_lock(connection: psycopg.Connection, name: str, wait_seconds: int) -> None:
    """Take a lock; while another holds it, wait in line and log the holder.

    Raises:
        TransientFailure: Another still holds it after ``wait_seconds``.
    """
    if try_lock(connection, name):
        return
    what = name.removeprefix("cdp ")
    _log.warning(
        "waiting for the lock of %s: %s; for at most %s s",
        what,
        holder(connection, name),
        wait_seconds,
    )
    connection.execute("select set_config('lock_timeout', %s, false)", [f"{wait_seconds}s"])
    try:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
    except psycopg.errors.LockNotAvailable:
        raise TransientFailure(
            f"the lock of {what} was not free within {wait_seconds} s: {holder(connection, name)}",
            key=what,
            hint="launch this run again when that one has ended; `select pg_terminate_backend(<"
            "backend>)` ends a run that hangs; its tables keep their previous rows",
        ) from None
    _log.warning("the lock of %s is free; going on", what)


def holder(connection: psycopg.Connection, name: str) -> str:
    """Return the holder of a lock, in words."""
    row = connection.execute(_HOLDER, [name]).fetchone()
    return "it is free by now" if row is None else str(Holder(*row))
