"""Start and end the processes of `up` and `down`, all on loopback.

Every service has a keeper, a shell that waits for its end and writes down its exit code. Scope:
starting, awaiting and ending; not here: the list of services (``cdp_assets.stack.process_list``),
proof of identity (``cdp_assets.stack.process_records``), or the database server
(``resources.postgres.embedded_postgres``).
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from cdp_assets.errors import TransientFailure
from cdp_assets.settings import PROJECT_ROOT, START_ID, Settings, process_environment, variable_name
from cdp_assets.stack.process_records import Death, RunningService, ServiceRecords
from resources.local import ports
from resources.local.state_files import make_folder

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_KEEPER = 'end="$1"; shift; "$@"; echo $? >"$end"'
PORT_HINT = (
    "end that program, or change our port with CDP_UI_PORT, CDP_CODE_PORT, CDP_QUERY_PORT, "
    "CDP_SIMULATOR_PORT or CDP_POSTGRES_PORT"
)
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Service:
    """How one process is started, and how it shows that it is ready.

    Attributes:
        name: File name of its record and log.
        command: Arguments; a list, never a shell.
        port: Loopback port; null for a process that listens on none.
        ready_path: Path that returns 200 when it is ready; null: an open port is enough.
        environment: Variables besides those of this process.
    """

    name: str
    command: Sequence[str]
    port: int | None = None
    ready_path: str | None = None
    environment: Mapping[str, str] | None = None


class Supervisor:
    """Starts and ends the services of one state folder."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.state_dir / "services"
        self._records = ServiceRecords(self._folder)

    def running(self) -> list[RunningService]:
        """Return the services that are alive, by name.

        Raises:
            BadConfiguration: A record is damaged, or a process of an earlier release may run.
        """
        return [record for record in self._records.all() if record.process()]

    def dead(self) -> list[tuple[RunningService, Death]]:
        """Return the services that died, by name: no command of ours ended them.

        Raises:
            BadConfiguration: As ``running``.
        """
        return [
            (record, self._records.death_of(record))
            for record in self._records.all()
            if not record.process()
        ]

    def start(self, services: Sequence[Service], progress: Progress) -> list[RunningService]:
        """Start the services that are not alive and wait until each is ready.

        When one does not come up, those started by this call are ended; the records of services
        that were dead before stay.

        Raises:
            BadConfiguration: A port is taken.
            TransientFailure: A service ended or did not respond in time; its log is named.
        """
        known = {record.name for record in self._records.all()}
        alive = {service.name for service in self.running()}
        absent = [service for service in services if service.name not in alive]
        wanted = {service.name: service.port for service in absent if service.port}
        ports.require_free_ports(wanted, hint=PORT_HINT)
        started: list[RunningService] = []
        try:
            for service in absent:
                started.append(self._spawn(service))
            for number, (service, record) in enumerate(zip(absent, started, strict=True), 1):
                progress(f"[{number}/{len(absent)}] waiting for {service.name}")
                self._wait_until_ready(service, record)
        except BaseException:
            self._end(started, remember=known)
            raise
        return self.running()

    def stop(self, *, keep: Collection[str] = (), remember: Collection[str] = ()) -> list[str]:
        """End the services except some; return the names of those that ran.

        Args:
            keep: Services that continue to run.
            remember: Services whose records stay, as dead ones.
        """
        chosen = [record for record in self._records.all() if record.name not in keep]
        ended = self._end(chosen, remember=remember)
        _end_all(self._records.lost_processes(keep=keep))
        return ended

    def log_of(self, name: str) -> Path:
        """Return the log file of a service."""
        return self._records.log_of(name)

    def _end(self, chosen: Sequence[RunningService], *, remember: Collection[str]) -> list[str]:
        """End services with all their child processes, also those that outlived their parent."""
        ended = [record.name for record in chosen if record.process()]
        processes = self._records.processes_of(chosen)
        inherited = set(processes)
        for record in chosen:
            members = _family(record.process())
            processes += [member for member in members if member not in inherited]
        _end_all(processes)
        for record in chosen:
            if record.name not in remember:
                self._records.forget(record.name)
        return ended

    def _spawn(self, service: Service) -> RunningService:
        make_folder(self._folder)
        start_id = self._records.new_start_id(service.name)
        end = self._records.end_of(service.name)
        end.unlink(missing_ok=True)
        # An absolute path, because the process has another working folder.
        state = {variable_name("state_dir"): str(self._folder.parent)}
        environment = {**state, **(service.environment or {}), START_ID: start_id}
        with self.log_of(service.name).open("ab") as log:
            keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "cdp-keeper", str(end), *service.command],
                cwd=PROJECT_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=process_environment(environment),
                start_new_session=True,
            )
        record = RunningService(service.name, _child_of(keeper), start_id, service.port)
        self._records.write(record)
        return record

    def _wait_until_ready(self, service: Service, record: RunningService) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            process = record.process()
            if process is None:
                raise TransientFailure(
                    f"{service.name} ended while starting", hint=f"read {self.log_of(service.name)}"
                )
            if _is_ready(service, process):
                return
            time.sleep(0.2)
        raise TransientFailure(
            f"{service.name} did not respond within {_START_SECONDS:.0f} s",
            hint=f"read {self.log_of(service.name)}",
        )


def _child_of(keeper: subprocess.Popen[bytes]) -> int:
    """Return the pid of the service, or the keeper's when the service ended at once."""
    found = keeper.pid
    while keeper.poll() is None and found == keeper.pid:
        found = next((child.pid for child in psutil.Process(keeper.pid).children()), found)
        time.sleep(0.002)
    keeper.returncode = keeper.returncode or 0  # it outlives this command, which does not wait
    return found


def _is_ready(service: Service, process: psutil.Process) -> bool:
    """Return whether the service responds, and not another program with its port."""
    if service.port is None:
        return True
    if not ports.listens(process, service.port):
        return False
    if service.ready_path is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", service.port)) == 0
    try:
        url = f"http://127.0.0.1:{service.port}{service.ready_path}"
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _family(process: psutil.Process | None) -> list[psutil.Process]:
    """Return a process and its descendants, children first, whatever their variables."""
    if process is None:
        return []
    try:
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def _end_all(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        _signal(process, signal.SIGTERM)
    for process in _still_alive(processes, seconds=_STOP_SECONDS):
        _signal(process, signal.SIGKILL)
    _still_alive(processes, seconds=5)


def _still_alive(processes: Sequence[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Wait for processes to end; return those that did not. A zombie has ended."""
    end = time.monotonic() + seconds
    while (alive := [one for one in processes if _lives(one)]) and time.monotonic() < end:
        time.sleep(0.05)
    return alive


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
