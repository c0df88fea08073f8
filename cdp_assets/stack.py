"""The running product: database, Dagster's three processes, query layer; up, down and gone."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from cdp_assets.errors import BadConfiguration
from cdp_assets.instance import publish_instance
from cdp_assets.migrate import migrate_warehouse
from cdp_assets.query_role import allow_query_login
from cdp_assets.services import (
    Service,
    Supervisor,
    dagster_services,
    query_service,
    require_free_port,
    write_workspace,
)
from cdp_assets.settings import Settings
from resources.servers import embedded, start_servers

Say = Callable[[str], None]
_POSTGRES = "postgres"
# Everything that we write into a state folder: only this is deleted, whatever CDP_STATE_DIR names.
_STATE = (
    "dagster", "postgres", "services", "demo.json", "pgpass", "postgres.json", "postgres.lock",
    "up.lock", "workspace.yaml",
)  # fmt: skip


def start_stack(
    settings: Settings, say: Say, *, is_first: bool = True, also: Sequence[Service] = ()
) -> None:
    """Start everything and wait until it answers; when that fails, end what this call started.

    Args:
        settings: Ports and folders.
        say: Told each step.
        is_first: Refuse when everything is up already; what has died is started again either way.
        also: Further services, started before the others.

    Raises:
        BadConfiguration: It is up already, or a port is taken.
    """
    supervisor = Supervisor(settings)
    with _one_at_a_time(settings):
        running = {service.name for service in supervisor.running()}
        wanted = [*also, *dagster_services(settings), query_service(settings, "")]
        absent = [service for service in wanted if service.name not in running]
        if is_first and not absent:
            raise BadConfiguration(
                f"it is up already ({', '.join(sorted(running))})",
                hint="`cdp status` shows it; `cdp down` ends it",
            )
        for service in absent:
            require_free_port(service)
        with ended_on_failure(settings):
            found = start_servers(settings)
            migrate_warehouse(found.warehouse, say)
            allow_query_login(settings, found)
            publish_instance(settings, found)
            write_workspace(settings)
            ours = [*dagster_services(settings), query_service(settings, found.query)]
            supervisor.start([*also, *ours], say)
    say(f"Dagster UI   http://127.0.0.1:{settings.ui_port}")
    say(f"query layer  http://127.0.0.1:{settings.query_port}/docs")


def running_names(settings: Settings) -> set[str]:
    """Return the names of what runs, the embedded server as ``postgres``."""
    names = {service.name for service in Supervisor(settings).running()}
    return names | ({_POSTGRES} if embedded(settings).is_running() else set())


def stop_stack(settings: Settings, *, keep: Collection[str] = ()) -> list[str]:
    """End all services and the embedded server but those to keep; return a line per thing ended."""
    ending = sorted(running_names(settings) - set(keep))
    lines = [f"{name} ended" for name in Supervisor(settings).stop(ending)]
    if _POSTGRES in ending:
        embedded(settings).stop()
        lines.append("Postgres ended")
    return lines or ["nothing was running"]


@contextmanager
def ended_on_failure(settings: Settings) -> Iterator[None]:
    """When the work inside fails, also by Ctrl-C, end what was started since, and only that."""
    before = running_names(settings)
    try:
        yield
    except BaseException:
        stop_stack(settings, keep=before)
        raise


def remove_state(settings: Settings) -> str:
    """Delete the embedded server and our part of the state folder; return what to tell of it.

    Nothing may run. A folder that holds anything of somebody else stays, with that in it.
    """
    embedded(settings).remove()
    for name in _STATE:
        path = settings.state_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    left = sorted(path.name for path in settings.state_dir.glob("*"))
    if left:
        return f"{settings.state_dir} is kept for what is not ours in it: {', '.join(left[:5])}"
    if settings.state_dir.exists():
        settings.state_dir.rmdir()
    return f"{settings.state_dir} is gone"


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadConfiguration("another `up` is at work on this state folder") from None
        yield
