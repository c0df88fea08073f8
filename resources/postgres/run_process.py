"""The process that executes runs, visible to others by a lock that it holds while it lives.

Its name is in the tags of its runs. If another process can take the lock of that name, this process
is gone, however it ended and on whatever machine it was. Scope: that lock; not here: what is done
with the runs (``cdp_assets.core.runs.orphaned_runs``).
"""

from __future__ import annotations

import atexit
import os
import socket
import threading
import uuid
from dataclasses import dataclass

import psycopg

from resources.postgres.locks import application_name, disable_idle_timeouts, take_lock, try_lock
from resources.postgres.warehouse import Warehouse

_WAIT_SECONDS = 10  # only an ending connection of this process can hold the lock of its name


@dataclass
class _Held:
    name: str
    address: str
    process: int
    connection: psycopg.Connection


_guard = threading.Lock()
_held: list[_Held] = []


@atexit.register
def _let_go() -> None:
    for held in _held:
        if held.process == os.getpid():
            held.connection.close()


def this_process(warehouse: Warehouse) -> str:
    """Return the name of this process, and hold its lock from now on until it ends.

    A lock that was lost with its connection (the server was restarted) is taken again under the
    same name. One process works with one warehouse at a time; another address is another name.
    """
    with _guard:
        held = _held[0] if _held else None
        if held and (held.address, held.process) == (warehouse.address(), os.getpid()):
            if not _is_alive(held.connection):
                held.connection = _hold(warehouse, held.name)
            return held.name
        if held and held.process == os.getpid():  # the connection of a parent process is not ours
            held.connection.close()
        name = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        _held[:] = [_Held(name, warehouse.address(), os.getpid(), _hold(warehouse, name))]
        return name


def is_gone(connection: psycopg.Connection, name: str) -> bool:
    """Return whether the process of a name has ended: its lock is free."""
    if not try_lock(connection, _lock_name(name)):
        return False
    connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [_lock_name(name)])
    return True


def _lock_name(name: str) -> str:
    return f"cdp process {name}"


def _hold(warehouse: Warehouse, name: str) -> psycopg.Connection:
    connection = warehouse.connect(autocommit=True, application=application_name("process"))
    disable_idle_timeouts(connection)
    take_lock(connection, _lock_name(name), _WAIT_SECONDS)
    return connection


def _is_alive(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("select")
    except psycopg.OperationalError:
        return False
    return True
