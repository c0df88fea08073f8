"""Loopback ports: which are taken, by which program, and whether one of our processes listens.

Scope: looking at ports and their holders; not here: which port a process has (settings), or ending
a program.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

import psutil

from cdp_assets.errors import BadConfiguration

_LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free_ports(wanted: Mapping[str, int], *, hint: str) -> None:
    """Refuse when one of the ports is taken, or wanted twice; every such port is named.

    Args:
        wanted: The port by the name of the process that needs it.
        hint: What to do, with the variables that change the ports.

    Raises:
        BadConfiguration: Naming each port with the pid and program that has it.
    """
    problems = port_problems(wanted)
    if problems:
        raise BadConfiguration("; ".join(problems.values()), hint=hint)


def port_problems(wanted: Mapping[str, int]) -> dict[str, str]:
    """Return what is wrong with ports, by the name of the process; free ones are omitted."""
    problems = {}
    owners: dict[int, str] = {}
    for name, port in wanted.items():
        if port in owners:
            problems[name] = f"port {port} is meant for both {owners[port]} and {name}"
        elif is_taken(port):
            problems[name] = f"port {port} for {name} is taken by {holder_of(port)}"
        owners[port] = name
    return problems


def is_taken(port: int) -> bool:
    """Return whether a program listens there, so that no other can."""
    with socket.socket() as probe:
        # Without this a port whose last connections wait for their end would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return True
    return False


def holder_of(port: int) -> str:
    """Return the program that has a port, in words; other users' programs may not be visible."""
    try:
        pids = {
            found.pid
            for found in psutil.net_connections("tcp")
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port
        }
    except psutil.AccessDenied:  # macOS does not show other users' connections
        pids = set()
    for pid in sorted(filter(None, pids)):
        try:
            return f"pid {pid} ({psutil.Process(pid).name()})"
        except psutil.NoSuchProcess:
            continue
    return "a program that this user may not see"


def listens(process: psutil.Process, port: int) -> bool:
    """Return whether the process or one of its children listens on a port.

    A response on the port does not prove that: another program may have been there first.
    """
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return False
    return any(_listens_itself(member, port) for member in family)


def _listens_itself(process: psutil.Process, port: int) -> bool:
    try:
        connections = process.net_connections("tcp")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(
        found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in connections
    )
