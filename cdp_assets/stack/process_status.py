"""What runs and what died, for a terminal: database, services, definitions.

Scope: lines about processes, and whether each is good; not here: tables
(``cdp_assets.stack.status_tables``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from cdp_assets import clock
from cdp_assets.settings import Settings
from cdp_assets.stack.code_location import find_storage_problem, look_at_code_location
from cdp_assets.stack.process_records import Death, RunningService
from cdp_assets.stack.processes import Supervisor
from resources.postgres.database_urls import embedded


@dataclass(frozen=True)
class ProcessLine:
    """One line about something that runs or should.

    Attributes:
        text: The line.
        is_good: False for what died or does not work; what was never started is good.
    """

    text: str
    is_good: bool = True


def describe_processes(settings: Settings) -> list[ProcessLine]:
    """Return a line per process; if the UI runs, also for the definitions and its storage.

    Raises:
        BadConfiguration: A file of the state folder is damaged.
    """
    supervisor = Supervisor(settings)
    running, dead = supervisor.running(), supervisor.dead()
    database = list(_database(settings, is_needed=bool(running)))
    # Without its database the UI tries for seconds, and the line of the database has the cause.
    has_storage = all(line.is_good for line in database)
    return [
        *database,
        *(line for service in running for line in _running(service)),
        *(
            ProcessLine(
                f"{record.name:<12} {death}: `cdp up`; {supervisor.log_of(record.name)}", False
            )
            for record, death in dead
        ),
        *([] if running or dead else [ProcessLine("services     none runs: `cdp up`")]),
        *_ui(settings, {service.name for service in running}, has_storage=has_storage),
    ]


def _database(settings: Settings, *, is_needed: bool) -> Iterator[ProcessLine]:
    if settings.database_url is not None:
        return
    server = embedded(settings)
    found, last_sign = server.find(), server.died_after()
    if found and server.is_running():
        yield ProcessLine(f"postgres     port {found.port}")
    elif last_sign is not None:
        death = Death(datetime.fromtimestamp(int(last_sign), UTC), False, None)
        yield ProcessLine(f"postgres     {death}: `cdp up`", False)
    elif is_needed:
        yield ProcessLine("postgres     not running, and services need it: `cdp up`", False)
    else:
        yield ProcessLine("postgres     not running")


def _running(service: RunningService) -> Iterator[ProcessLine]:
    process = service.process()
    if process is None:
        return
    try:
        began = datetime.fromtimestamp(process.create_time(), UTC)
        memory = process.memory_info().rss / 1024**2
    except psutil.NoSuchProcess:
        return
    minutes = (clock.wall_clock() - began).total_seconds() / 60
    port = f"port {service.port}" if service.port else "no port"
    yield ProcessLine(
        f"{service.name:<12} pid {process.pid}, {port}, {minutes:.0f} min, {memory:.0f} MiB"
    )


def _ui(settings: Settings, running: set[str], *, has_storage: bool) -> Iterator[ProcessLine]:
    if "webserver" not in running:
        return
    found = look_at_code_location(settings)
    if found.problem is not None:
        yield ProcessLine(f"definitions  not loaded: {found.problem}", False)
        return
    yield ProcessLine("definitions  " + ("loading" if found.is_loading else "loaded"))
    problem = find_storage_problem(settings) if has_storage else None
    if problem is not None:
        yield ProcessLine(f"storage      the UI does not work: {problem}", False)
