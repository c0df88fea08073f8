"""The processes of the product: code server, daemon, webserver, query layer, simulated sources.

Scope: their commands, ports and addresses; not here: starting (``cdp_assets.stack.processes``).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cdp_assets.core.runs.instance import CODE_LOCATION
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, publish_environment, variable_name
from cdp_assets.stack.processes import Service, Supervisor
from resources.local.state_files import write_file
from resources.postgres.database_urls import embedded


def write_workspace(settings: Settings) -> None:
    """Write the file from which daemon and webserver read where the code server listens."""
    write_file(
        _workspace(settings),
        "load_from:\n  - grpc_server:\n      host: 127.0.0.1\n"
        f"      port: {settings.code_port}\n      location_name: {CODE_LOCATION}\n",
    )


def dagster_services(settings: Settings) -> list[Service]:
    """Return code server, daemon and webserver: the definitions have their own process.

    Daemon and webserver need what ``write_workspace`` writes.
    """
    workspace = _workspace(settings)
    python, level = [sys.executable, "-m"], ["--log-level", settings.log_level]
    return [
        Service(
            "code-server",
            [
                *python,
                "dagster",
                "code-server",
                "start",
                "-m",
                "cdp_assets.definitions",
                "-h",
                "127.0.0.1",
                "-p",
                str(settings.code_port),
                *level,
            ],
            port=settings.code_port,
        ),
        Service("daemon", [*python, "dagster._daemon", "run", "-w", str(workspace), *level]),
        Service(
            "webserver",
            [
                *python,
                "cdp_assets.stack.webserver",
                "-h",
                "127.0.0.1",
                "-p",
                str(settings.ui_port),
                "-w",
                str(workspace),
                "--dagster-log-level",
                settings.log_level,
            ],
            port=settings.ui_port,
            ready_path="/server_info",
        ),
    ]


def query_service(settings: Settings, login: Mapping[str, str]) -> Service:
    """Return the query layer; only its process gets its database addresses and secrets.

    Args:
        settings: Its port.
        login: As ``query_login.query_environment`` returns it; empty: only its port is needed.
    """
    return Service(
        "query-layer",
        [sys.executable, "-m", "query_layer"],
        port=settings.query_port,
        ready_path="/health/live",
        environment={
            **login,
            "CDP_QUERY_PORT": str(settings.query_port),
            "CDP_QUERY_METRICS_PORT": str(settings.query_metrics_port),
        },
    )


def simulator_service(settings: Settings, as_of: str, seed: int) -> Service:
    """Return the simulated outside world."""
    return Service(
        "simulator",
        [
            sys.executable,
            "-m",
            "simulator",
            "--port",
            str(settings.simulator_port),
            "--as-of",
            as_of,
            "--seed",
            str(seed),
            "--world",
            world_name(settings),
        ],
        port=settings.simulator_port,
        ready_path=f"/{world_name(settings)}/control/clock",
    )


def world_name(settings: Settings) -> str:
    """Return the name of this state folder's simulated world, the first part of its addresses.

    The simulator of another clone, or another program with the port, does not know the name and
    returns an error, never data of another world.
    """
    folder = str(settings.state_dir.resolve())
    return "world-" + hashlib.sha256(folder.encode()).hexdigest()[:12]


def world_url(settings: Settings) -> str:
    """Return the base address of the simulated sources, without a slash at its end."""
    return f"http://127.0.0.1:{settings.simulator_port}/{world_name(settings)}"


def needed_ports(settings: Settings, services: Sequence[Service]) -> dict[str, int]:
    """Return the ports by name of those services, and the database, that do not run."""
    running = {service.name for service in Supervisor(settings).running()}
    absent = [service for service in services if service.name not in running]
    ports = {service.name: service.port for service in absent if service.port}
    database = embedded(settings).needed_port() if settings.database_url is None else None
    return ports | ({"Postgres": database} if database else {})


# The setting of each service's port.
_PORT_FIELDS = {
    "code-server": "code_port",
    "webserver": "ui_port",
    "query-layer": "query_port",
    "simulator": "simulator_port",
}


def adopt_ports(settings: Settings) -> None:
    """Replace the ports of the settings by those of services that were started and not ended.

    Running services reach each other, and the database, by these ports until `down` ends all.

    Raises:
        BadConfiguration: A record is damaged.
    """
    supervisor = Supervisor(settings)
    known = [*supervisor.running(), *(record for record, _ in supervisor.dead())]
    ports = {
        _PORT_FIELDS[record.name]: record.port
        for record in known
        if record.name in _PORT_FIELDS and record.port is not None
    }
    if known and settings.database_url is None:
        with suppress(BadConfiguration):  # `down` needs no port; other commands fail later
            database = embedded(settings).find()
            ports |= {"postgres_port": database.port} if database else {}
    publish_environment({variable_name(field): str(port) for field, port in ports.items()})


def _workspace(settings: Settings) -> Path:
    return settings.state_dir / "workspace.yaml"
