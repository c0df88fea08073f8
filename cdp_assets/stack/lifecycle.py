"""Start, stop and delete the product: database, Dagster's three processes, query layer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from cdp_assets import clock
from cdp_assets.core.runs.instance import open_instance
from cdp_assets.core.runs.orphaned_runs import report_gone_runs
from cdp_assets.core.tables.catalog import write_catalog
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings
from cdp_assets.stack.code_location import (
    find_storage_problem,
    look_at_code_location,
    require_loaded_definitions,
    require_readable_storage,
)
from cdp_assets.stack.migrate import migrate_warehouse
from cdp_assets.stack.process_list import (
    dagster_services,
    needed_ports,
    query_service,
    write_workspace,
)
from cdp_assets.stack.processes import PORT_HINT, Service, Supervisor
from cdp_assets.stack.query_login import allow_query_logins, query_environment
from resources.local.ports import require_free_ports
from resources.local.state_files import UNFINISHED, locked, require_unlocked
from resources.postgres.database_urls import embedded, start_servers
from resources.postgres.warehouse import Warehouse

Say = Callable[[str], None]
_POSTGRES = "postgres"
DEMO_LOCK, _UP_LOCK = "demo.lock", "up.lock"  # held while a demo or an `up` runs
# Everything that we write into a state folder: only this is deleted, whatever CDP_STATE_DIR names.
_STATE = (
    "dagster",
    "postgres",
    "services",
    "statements",
    "demo.json",
    "demo.lock",
    "pgpass",
    "postgres.json",
    "postgres.lock",
    "prices.csv",
    "scoring_rules.yaml",
    "up.lock",
    "workspace.yaml",
)
_ANCHOR = "audit"  # newest verified entry of the audit log: goes with its database, and only then


def start_stack(
    settings: Settings, say: Say, *, is_first: bool = True, also: Sequence[Service] = ()
) -> None:
    """Start everything and wait until it responds; on failure end what this call started.

    Args:
        settings: Ports and folders.
        say: Called with each step.
        is_first: Refuse when everything is up already; what has died is restarted either way.
        also: Further services, started before the others.

    Raises:
        BadConfiguration: Everything is up already, a port is taken, or the definitions do not load.
        TransientFailure: A service does not respond, or the UI cannot read its storage.
    """
    lock, refusal = settings.state_dir / _UP_LOCK, "another `cdp up` is running here"
    require_unlocked(lock, refusal=refusal)
    wanted = [*also, *dagster_services(settings), query_service(settings, {})]
    # Before the lock, which creates the folder: a taken port leaves nothing behind.
    require_free_ports(needed_ports(settings, wanted), hint=PORT_HINT)
    with locked(lock, refusal=refusal):
        running = running_names(settings)
        needed = {service.name for service in wanted}
        if settings.database_url is None:
            needed.add(_POSTGRES)
        if is_first and needed <= running:
            _refuse_second_up(settings, running)
        with ended_on_failure(settings):
            found = start_servers(settings)
            migrate_warehouse(found.warehouse, say)
            allow_query_logins(settings, found)
            with open_instance(settings, found) as instance:
                report_gone_runs(instance, Warehouse(), say)
            write_workspace(settings)
            login = query_environment(settings, found)
            ours = [*dagster_services(settings), query_service(settings, login)]
            began = clock.wall_clock().timestamp()
            Supervisor(settings).start([*also, *ours], say)
            is_new = "code-server" not in running
            require_loaded_definitions(settings, since=began if is_new else 0.0)
            require_readable_storage(settings)
            write_definitions()  # last: definitions that do not load fail above with the cause
    say(f"Dagster UI   http://127.0.0.1:{settings.ui_port}")
    say(f"query layer  http://127.0.0.1:{settings.query_port}/docs")


def write_definitions() -> None:
    """Write the catalogue of the assets, so that freshness is known before a refresh."""
    from cdp_assets.cli.cli_session import load_definitions

    with Warehouse().connect() as connection:
        write_catalog(connection, load_definitions())


def _refuse_second_up(settings: Settings, running: Collection[str]) -> None:
    names = ", ".join(sorted(set(running) - {_POSTGRES}))
    problem = look_at_code_location(settings).problem
    if problem is not None:
        raise BadConfiguration(
            f"it is up already ({names}), but without definitions: {problem}",
            hint="fix it, then `cdp down` and `cdp up`",
        )
    problem = find_storage_problem(settings)
    if problem is not None:
        raise BadConfiguration(
            f"it is up already ({names}), but the UI does not work: {problem}",
            hint="`cdp down` and `cdp up` restart it; `cdp doctor` tries the databases",
        )
    raise BadConfiguration(
        f"it is up already ({names})", hint="`cdp status` shows it; `cdp down` ends it"
    )


def running_names(settings: Settings) -> set[str]:
    """Return the names of what runs, the embedded server as ``postgres``."""
    names = {service.name for service in Supervisor(settings).running()}
    return names | ({_POSTGRES} if embedded(settings).is_running() else set())


def stop_stack(
    settings: Settings, *, keep: Collection[str] = (), remember: Collection[str] = ()
) -> list[str]:
    """End all services and the embedded server except some; return a line per thing ended.

    Args:
        settings: Whose state folder.
        keep: What continues to run.
        remember: Services whose records stay, as dead ones.
    """
    is_database_ended = _POSTGRES in running_names(settings) - set(keep)
    ended = Supervisor(settings).stop(keep=keep, remember=remember)
    lines = [f"{name} ended" for name in sorted(ended)]
    if is_database_ended:
        embedded(settings).stop()
        lines.append("Postgres ended")
    return lines or ["nothing was running"]


def require_idle(settings: Settings) -> None:
    """Refuse to end what another running command has started.

    Raises:
        BadConfiguration: A demo or an `up` runs on the state folder.
    """
    for lock in (DEMO_LOCK, _UP_LOCK):
        require_unlocked(settings.state_dir / lock, refusal="another command is running here")


@contextmanager
def ended_on_failure(settings: Settings) -> Iterator[None]:
    """If the block fails, also by Ctrl-C, end what was started in it, and only that."""
    before = running_names(settings)
    dead = {record.name for record, _ in Supervisor(settings).dead()}
    try:
        yield
    except BaseException:
        stop_stack(settings, keep=before, remember=dead)
        raise


def remove_stack(settings: Settings) -> list[str]:
    """End everything, then delete the embedded server and our part of the state folder.

    A folder that holds other files stays, with them in it; so does what shows tampering with the
    audit log of a warehouse on another server, which is not deleted.

    Returns:
        A line per thing ended, and whether the folder was deleted.

    Raises:
        BadConfiguration: A demo or an `up` runs on the folder.
    """
    if not settings.state_dir.exists():
        return ["nothing was running", f"{settings.state_dir} is gone"]
    busy = "it is not deleted while another command is running here"
    with (
        locked(settings.state_dir / DEMO_LOCK, refusal=busy),
        locked(settings.state_dir / _UP_LOCK, refusal=busy),
    ):
        lines = stop_stack(settings)
        embedded(settings).remove()
        return [*lines, _remove_state(settings)]


def _remove_state(settings: Settings) -> str:
    is_embedded = settings.database_url is None
    ours = [settings.state_dir / name for name in (*_STATE, *([_ANCHOR] if is_embedded else []))]
    for path in [*ours, *settings.state_dir.glob(UNFINISHED)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    left = sorted(path.name for path in settings.state_dir.glob("*"))
    if left == [_ANCHOR] and not is_embedded:
        return f"{settings.state_dir} stays with {_ANCHOR}, which belongs to DATABASE_URL"
    if left:
        return f"{settings.state_dir} stays, as it holds files not ours: {', '.join(left[:5])}"
    if settings.state_dir.exists():
        settings.state_dir.rmdir()
    return f"{settings.state_dir} is gone"
