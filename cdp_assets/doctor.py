"""Is this machine fit? One plain sentence per thing that is not, with what to do (F-05)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from cdp_assets.errors import CdpError
from cdp_assets.services import Supervisor, dagster_services, query_service, require_free_port
from cdp_assets.settings import Settings
from resources.dbt_runner import is_manifest_current
from resources.embedded_postgres import UNPRIVILEGED_USER

_SUPPORTED = ((3, 11), (3, 14))
_DISK_GIB = 2
_MEMORY_GIB = 2


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``advice`` is null where it is fine."""

    what: str
    is_good: bool
    advice: str | None = None


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; change nothing."""
    return [
        *_python(),
        *_disk(settings),
        *_memory(),
        *_rights(settings),
        *_ports(settings),
        *_manifest(),
    ]


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
    while not folder.exists():
        folder = folder.parent
    good = os.access(folder, os.W_OK)
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


def _ports(settings: Settings) -> Iterator[Finding]:
    ours = {service.name for service in Supervisor(settings).running()}
    for service in [*dagster_services(settings), query_service(settings, "")]:
        if service.port is None or service.name in ours:
            continue
        try:
            require_free_port(service)
        except CdpError as error:
            yield Finding(error.message, False, error.hint)
        else:
            yield Finding(f"port {service.port} for {service.name} is free", True)


def _manifest() -> Iterator[Finding]:
    good = is_manifest_current()
    yield Finding(
        "dbt manifest is of the present files", good, None if good else "run `cdp manifest`"
    )
