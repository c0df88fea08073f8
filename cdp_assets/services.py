"""The processes that `up` starts and `down` ends: each its own, on loopback, with its pid kept.

Belongs here: starting, finding and ending them. Does not: what they do, the database server
(``resources.embedded_postgres``), or checking the machine (``cdp_assets.doctor``).
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil

from cdp_assets.errors import BadConfiguration, TransientFailure
from cdp_assets.settings import PROJECT_ROOT, Settings, process_environment

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
START_ID = "CDP_SERVICE_START_ID"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Service:
    """How one process is started and how it tells that it is ready.

    Attributes:
        name: File name of its pid and log.
        command: Arguments; a list, never a shell.
        port: Loopback port; null for a process that listens on none.
        ready_path: Path that answers 200 when it is ready; null takes an open port for it.
        environment: Variables beside those of this process.
    """

    name: str
    command: Sequence[str]
    port: int | None = None
    ready_path: str | None = None
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class RunningService:
    """A process that was started.

    Attributes:
        name: The service's name.
        pid: Its process id, which a stranger may have after its end.
        start_id: What only this start put into the process's environment. A time of start would
            not do: it is reckoned from the machine's clock and moves when that is set.
        port: As the service's.
    """

    name: str
    pid: int
    start_id: str
    port: int | None

    def process(self) -> psutil.Process | None:
        """Return the process when it is still the one that was started."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return process if process.environ().get(START_ID) == self.start_id else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None


class Supervisor:
    """Starts and ends the services of one state folder."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.state_dir / "services"

    def running(self) -> list[RunningService]:
        """Return the services that are alive, by name.

        Raises:
            BadConfiguration: A process of an earlier release, which wrote no start id, may run.
        """
        found = [_read(path) for path in self._records()]
        return sorted((s for s in found if s is not None and s.process()), key=lambda s: s.name)

    def start(self, services: Sequence[Service], progress: Progress) -> list[RunningService]:
        """Start the services that are not alive and wait until each is ready.

        When one does not come up, those started by this call are ended again.

        Raises:
            BadConfiguration: A port is taken.
            TransientFailure: A service ended or did not answer in time; its log is named.
        """
        alive = {service.name for service in self.running()}
        absent = [service for service in services if service.name not in alive]
        for service in absent:
            require_free_port(service)
        started: list[str] = []
        try:
            for service in absent:
                self._spawn(service)
                started.append(service.name)
            for number, service in enumerate(absent, 1):
                progress(f"[{number}/{len(absent)}] waiting for {service.name}")
                self._wait_until_ready(service)
        except BaseException:
            self.stop(started)
            raise
        return self.running()

    def stop(self, names: Sequence[str] | None = None) -> list[str]:
        """End the named services (all without names) with their children; return who was ended."""
        chosen = [s for s in self.running() if names is None or s.name in names]
        processes: list[psutil.Process] = []
        for service in chosen:
            process = service.process()
            if process is not None:
                processes += [*process.children(recursive=True), process]
        for process in processes:
            _signal(process, signal.SIGTERM)
        _, alive = psutil.wait_procs(processes, timeout=_STOP_SECONDS)
        for process in alive:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=5)
        for service in chosen:
            (self._folder / f"{service.name}.json").unlink(missing_ok=True)
        return [service.name for service in chosen]

    def log_of(self, name: str) -> Path:
        """Return the log file of a service."""
        return self._folder / f"{name}.log"

    def _records(self) -> Iterator[Path]:
        return self._folder.glob("*.json")

    def _spawn(self, service: Service) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        start_id = uuid.uuid4().hex
        environment = {**(service.environment or {}), START_ID: start_id}
        with self.log_of(service.name).open("ab") as log:
            process = subprocess.Popen(
                list(service.command), cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=process_environment(environment),
                start_new_session=True,
            )  # fmt: skip
        record = RunningService(service.name, process.pid, start_id, service.port)
        (self._folder / f"{service.name}.json").write_text(json.dumps(asdict(record)))

    def _wait_until_ready(self, service: Service) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if service.name not in {s.name for s in self.running()}:
                raise TransientFailure(
                    f"{service.name} ended while starting", hint=f"read {self.log_of(service.name)}"
                )
            if _answers(service):
                return
            time.sleep(0.2)
        raise TransientFailure(
            f"{service.name} did not answer within {_START_SECONDS:.0f} s",
            hint=f"read {self.log_of(service.name)}",
        )


def _read(path: Path) -> RunningService | None:
    record = json.loads(path.read_text())
    if "start_id" in record:
        return RunningService(**record)
    if psutil.pid_exists(record["pid"]):
        raise BadConfiguration(
            f"{record['name']} may still run as pid {record['pid']}, started by an earlier release",
            hint=f"end that process if it is ours, then delete {path}",
        )
    return None


def require_free_port(service: Service) -> None:
    """Refuse when another program has the service's port.

    Raises:
        BadConfiguration: Naming the port and the variable that moves it.
    """
    if service.port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", service.port))
        except OSError:
            raise BadConfiguration(
                f"port {service.port} for {service.name} is taken by another program",
                hint="end that program, or move ours with CDP_UI_PORT, CDP_CODE_PORT, "
                "CDP_QUERY_PORT or CDP_SIMULATOR_PORT",
            ) from None


def write_workspace(settings: Settings) -> None:
    """Tell daemon and webserver where the code server listens."""
    _workspace(settings).write_text(
        "load_from:\n  - grpc_server:\n      host: 127.0.0.1\n"
        f"      port: {settings.code_port}\n      location_name: cdp\n"
    )


def dagster_services(settings: Settings) -> list[Service]:
    """Return code server, daemon and webserver: the definitions live in a process of their own.

    Daemon and webserver need what ``write_workspace`` writes.
    """
    workspace = _workspace(settings)
    bin_folder = Path(sys.executable).parent
    python = [sys.executable, "-m"]
    return [
        Service(
            "code-server",
            [*python, "dagster", "code-server", "start", "-m", "cdp_assets.definitions",
             "-h", "127.0.0.1", "-p", str(settings.code_port)],
            port=settings.code_port,
        ),
        Service("daemon", [*python, "dagster._daemon", "run", "-w", str(workspace)]),
        Service(
            "webserver",
            [str(bin_folder / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(settings.ui_port),
             "-w", str(workspace)],
            port=settings.ui_port,
            ready_path="/server_info",
        ),
    ]  # fmt: skip


def query_service(settings: Settings, query_url: str) -> Service:
    """Return the query layer; its address of the database is a variable of that process only."""
    return Service(
        "query-layer",
        [sys.executable, "-m", "query_layer"],
        port=settings.query_port,
        ready_path="/health/live",
        environment={
            "CDP_QUERY_DATABASE_URL": query_url,
            "CDP_QUERY_PORT": str(settings.query_port),
        },
    )


def simulator_service(settings: Settings, as_of: str, seed: int) -> Service:
    """Return the simulated outside world."""
    return Service(
        "simulator",
        [sys.executable, "-m", "simulator", "--port", str(settings.simulator_port),
         "--as-of", as_of, "--seed", str(seed)],
        port=settings.simulator_port,
        ready_path="/control/clock",
    )  # fmt: skip


def _workspace(settings: Settings) -> Path:
    return settings.state_dir / "workspace.yaml"


def _answers(service: Service) -> bool:
    if service.port is None:
        return True
    if service.ready_path is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", service.port)) == 0
    try:
        url = f"http://127.0.0.1:{service.port}{service.ready_path}"
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
