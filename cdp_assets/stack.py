"""The running product: database, Dagster's three processes and the query layer, up and down."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from cdp_assets.errors import BadConfiguration
from cdp_assets.instance import publish_instance
from cdp_assets.migrate import migrate_warehouse
from cdp_assets.query_role import allow_query_login
from cdp_assets.services import Supervisor, dagster_services, query_service
from cdp_assets.settings import Settings
from resources.servers import embedded, start_servers

Say = Callable[[str], None]
_POSTGRES = "postgres"


def start_stack(settings: Settings, say: Say, *, is_first: bool = True) -> None:
    """Start everything and wait until it answers.

    Args:
        settings: Ports and folders.
        say: Told each step.
        is_first: Refuse when the stack is already up; false brings up what is absent.

    Raises:
        BadConfiguration: It is up already, or a port is taken.
    """
    supervisor = Supervisor(settings)
    with _one_at_a_time(settings):
        running = {service.name for service in supervisor.running()}
        if is_first and {"daemon", "webserver"} & running:
            raise BadConfiguration(
                f"it is up already ({', '.join(sorted(running))})",
                hint="`cdp status` shows it; `cdp down` ends it",
            )
        found = start_servers(settings)
        migrate_warehouse(found.warehouse, say)
        allow_query_login(settings, found)
        publish_instance(settings, found)
        services = [*dagster_services(settings), query_service(settings, found.query)]
        supervisor.start(services, say)
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
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadConfiguration("another `up` is at work on this state folder") from None
        yield
