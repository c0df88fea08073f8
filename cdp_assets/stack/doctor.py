"""Whether this machine is fit: one finding per check, with advice for each that fails (F-05)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdp_assets.errors import CdpError, TransientFailure
from cdp_assets.settings import Settings
from cdp_assets.stack.process_list import dagster_services, needed_ports, query_service
from cdp_assets.stack.process_status import describe_processes
from cdp_assets.stack.processes import PORT_HINT, Service
from resources.dbt_runner import is_manifest_current
from resources.local.ports import port_problems
from resources.postgres.database_reach import measure_connection
from resources.postgres.database_urls import embedded, is_on_embedded, measured
from resources.postgres.postgres_binaries import UNPRIVILEGED_USER

_SUPPORTED = ((3, 11), (3, 14))
_DISK_GIB = 2
_MEMORY_GIB = 2


@dataclass(frozen=True)
class Finding:
    """The result of one check. ``advice`` is null where it is good."""

    what: str
    is_good: bool
    advice: str | None = None


def examine(settings: Settings, *, also: Sequence[Service] = ()) -> list[Finding]:
    """Run every check; change nothing.

    Args:
        settings: What to check.
        also: Further services whose ports have to be free.
    """
    return [
        *_python(),
        *_disk(settings),
        *_memory(),
        *_rights(settings),
        *_ports(settings, also),
        *_manifest(),
        *_databases(settings),
        *_query_layer(settings),
        *_source(settings),
    ]


def examine_processes(settings: Settings) -> list[Finding]:
    """Return a finding for each process that died or does not do its work."""
    advice = "`cdp up` starts what is missing; `cdp status` shows all"
    lines = describe_processes(settings)
    return [Finding(line.text, False, advice) for line in lines if not line.is_good]


def _python() -> Iterator[Finding]:
    found = sys.version_info[:2]
    good = _SUPPORTED[0] <= found < _SUPPORTED[1]
    yield Finding(
        f"Python {found[0]}.{found[1]}",
        good,
        None if good else "install Python 3.11, 3.12 or 3.13 and run `make clean setup`",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.state_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1024**3
    good = free >= _DISK_GIB
    yield Finding(
        f"{free:.1f} GiB free at {folder}",
        good,
        None if good else f"free {_DISK_GIB} GiB, or set CDP_STATE_DIR to another disk",
    )


def _memory() -> Iterator[Finding]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    good = total >= _MEMORY_GIB
    yield Finding(
        f"{total:.1f} GiB of memory", good, None if good else f"{_MEMORY_GIB} GiB are needed"
    )


def _rights(settings: Settings) -> Iterator[Finding]:
    folder = settings.state_dir
    while not os.path.lexists(folder):
        folder = folder.parent
    good = folder.is_dir() and os.access(folder, os.W_OK)
    yield Finding(
        f"may write {folder}", good, None if good else "set CDP_STATE_DIR to a folder of yours"
    )
    if settings.database_url is None and os.geteuid() == 0:
        import pwd

        exists = any(entry.pw_name == UNPRIVILEGED_USER for entry in pwd.getpwall())
        yield Finding(
            f"user {UNPRIVILEGED_USER} for Postgres, which refuses root",
            exists,
            None if exists else "create that user, run as an ordinary one, or set DATABASE_URL",
        )


def _ports(settings: Settings, also: Sequence[Service]) -> Iterator[Finding]:
    services = [*also, *dagster_services(settings), query_service(settings, {})]
    wanted = needed_ports(settings, services)
    problems = port_problems(wanted)
    for name, port in wanted.items():
        if name in problems:
            yield Finding(problems[name], False, PORT_HINT)
        else:
            yield Finding(f"port {port} for {name} is free", True)


def _databases(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None and _is_not_started(settings):
        yield Finding("the embedded Postgres is not started", True)
    for what, outcome in measured(settings):
        yield _reached(what, outcome)


def _query_layer(settings: Settings) -> Iterator[Finding]:
    """Try the query layer's own address; without one it uses the warehouse's."""
    if settings.query_database_url is None:
        return
    what, address = "query layer's warehouse", settings.query_database_url.get_secret_value()
    if _is_on_stopped(settings, address):
        yield from _stopped(settings, what)
        return
    try:
        yield _reached(what, measure_connection(address, "CDP_QUERY_DATABASE_URL"))
    except TransientFailure as failure:
        yield _reached(what, failure)


def _reached(what: str, outcome: float | CdpError, hint: str | None = None) -> Finding:
    """Return the finding of one attempt: its seconds, or why it got no response."""
    if isinstance(outcome, CdpError):
        where = f"{outcome.key}: " if outcome.key else ""
        return Finding(f"{what}: {where}{outcome.message}", False, hint or outcome.hint)
    return Finding(f"{what} responds in {outcome * 1000:.0f} ms", True)


def _is_on_stopped(settings: Settings, address: str) -> bool:
    return is_on_embedded(settings, address) and not embedded(settings).is_running()


def _stopped(settings: Settings, what: str) -> Iterator[Finding]:
    if _is_not_started(settings):
        yield Finding(f"{what}: on the embedded Postgres, which is not started", True)


def _is_not_started(settings: Settings) -> bool:
    """Return whether the embedded server is stopped; that it died is a finding of the processes."""
    server = embedded(settings)
    return not server.is_running() and server.died_after() is None


def _source(settings: Settings) -> Iterator[Finding]:
    if settings.dmob_database_url is None:
        yield Finding("source: DMOB_DATABASE_URL is not set", True)
        return
    if _is_on_stopped(settings, settings.dmob_database_url.get_secret_value()):
        yield from _stopped(settings, "source")
        return
    from cdp_assets.filplus.dmob.source import measure_source  # imports Dagster, takes a second

    try:
        yield _reached("source", measure_source(settings))
    except CdpError as failure:
        hint = "landed rows stay; start the source, or correct the variable and its tunnel"
        yield _reached("source", failure, hint)


def _manifest() -> Iterator[Finding]:
    good = is_manifest_current()
    yield Finding("dbt manifest is up to date", good, None if good else "run `cdp manifest`")
