"""The record of every process that was started: which one it is, and how it ended.

A pid alone is no proof, because another process may get it later: each start puts its own id into
the process's environment, which its children inherit. Scope: the records and finding their
processes; not here: starting and ending (``cdp_assets.stack.processes``).
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import START_ID
from resources.local.state_files import read_record, write_record


@dataclass(frozen=True)
class RunningService:
    """A process that was started.

    Attributes:
        name: The service's name.
        pid: Its process id, which another process may get after its end.
        start_id: Id of this start in the process's environment. The start time is not enough: it
            is computed from the machine's clock and changes when that is set. Empty in a record of
            an earlier release, which stored the time.
        port: Of the service.
    """

    name: str
    pid: int
    start_id: str = ""
    port: int | None = None

    def process(self) -> psutil.Process | None:
        """Return the process if it is still the one that was started."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return process if process.environ().get(START_ID) == self.start_id else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None


@dataclass(frozen=True)
class Death:
    """How a service ended that no command of ours ended.

    Attributes:
        at: When (UTC); where ``is_exact`` is false, its last sign of life.
        is_exact: Whether its keeper saw the end; when the machine stops, the keeper does, too.
        code: Its exit code, above 128 the signal that killed it; null when unknown.
    """

    at: datetime
    is_exact: bool
    code: int | None

    def __str__(self) -> str:
        when = f"{self.at:%Y-%m-%d %H:%M:%S} UTC"
        if not self.is_exact:
            return f"dead since some time after {when}, its last sign of life"
        return f"dead since {when}, {_how(self.code)}"


class ServiceRecords:
    """The records of one state folder, a file per service.

    Args:
        folder: Where records, logs and ends are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def all(self) -> list[RunningService]:
        """Return every service that was started and not ended since, alive or dead, by name.

        Raises:
            BadConfiguration: A record is damaged, or is of an earlier release whose process may
                run.
        """
        found = [self._read(path) for path in sorted(self._folder.glob("*.json"))]
        return [record for record in found if record is not None]

    def new_start_id(self, name: str) -> str:
        """Return an id that also names the service, should the record be lost."""
        return f"{self._prefix(name)}{uuid.uuid4().hex}"

    def write(self, record: RunningService) -> None:
        """Write a record."""
        write_record(self._file(record.name), record, RunningService)

    def forget(self, name: str) -> None:
        """Delete the files of a service except its log."""
        self._file(name).unlink(missing_ok=True)
        self.end_of(name).unlink(missing_ok=True)

    def log_of(self, name: str) -> Path:
        """Return the log file of a service."""
        return self._folder / f"{name}.log"

    def end_of(self, name: str) -> Path:
        """Return the file to which the keeper of a service writes its exit code."""
        return self._folder / f"{name}.ended"

    def death_of(self, record: RunningService) -> Death:
        """Return when and how a service ended that does not run and that we did not end."""
        end = self.end_of(record.name)
        if end.exists():
            text = end.read_text().strip()
            return Death(_modified(end), True, int(text) if text.isdigit() else None)
        log = self.log_of(record.name)
        last = max(_modified(path) for path in (self._file(record.name), log) if path.exists())
        return Death(last, False, None)

    def processes_of(self, services: Iterable[RunningService]) -> list[psutil.Process]:
        """Return all living processes of services, also of earlier starts, children first.

        Children of a process that died are found by the environment that they inherited.
        """
        ids = tuple(record.start_id for record in services)
        prefixes = tuple(self._prefix(record.name) for record in services)
        found = [
            process
            for process, start_id in _started_processes()
            if start_id in ids or start_id.startswith(prefixes)
        ]
        return sorted(found, key=lambda process: -process.pid)

    def lost_processes(self, *, keep: Collection[str]) -> list[psutil.Process]:
        """Return living processes of this folder whose record is gone, except of some services."""
        excluded = tuple(self._prefix(name) for name in keep)
        return [
            process
            for process, start_id in _started_processes()
            if start_id.startswith(f"{self._folder}/") and not start_id.startswith(excluded)
        ]

    def _prefix(self, name: str) -> str:
        return f"{self._file(name)}#"

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, path: Path) -> RunningService | None:
        try:
            record = read_record(path, RunningService, hint="")
        except BadConfiguration as error:
            hint = self._how_to_replace(path.stem)
            raise BadConfiguration(error.message, key=error.key, hint=hint) from None
        if record is None or record.start_id:
            return record
        if psutil.pid_exists(record.pid):
            raise BadConfiguration(
                f"{record.name} may still run as pid {record.pid}, started by an earlier release",
                hint=f"end that process if it is ours, then delete {path}",
            )
        return None

    def _how_to_replace(self, name: str) -> str:
        prefix = self._prefix(name)
        pids = [str(one.pid) for one, of in _started_processes() if of.startswith(prefix)]
        if not pids:
            return f"delete it: no process of {name} runs"
        return f"end {name} (pid {', '.join(pids)}), then delete the file"


def _started_processes() -> Iterator[tuple[psutil.Process, str]]:
    """Yield every living process with the id of a start, of any state folder."""
    for process in psutil.process_iter():
        try:
            start_id = process.environ().get(START_ID)
            if start_id and process.pid != os.getpid():
                yield process, start_id
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def _how(code: int | None) -> str:
    if code is None:
        return "exit code unknown"
    if code <= 128:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(code - 128).name}"
    except ValueError:
        return f"exit code {code}"
