"""The machine under test, CPU seconds of a server, and progress lines on standard error."""

from __future__ import annotations

import os
import platform
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.postgres_process import server_process

_CPU_NAME = "model name"


@dataclass(frozen=True)
class Cpu:
    """CPU seconds, user and system, spent so far by all processes of a server and by this one."""

    server: float
    worker: float

    def __sub__(self, earlier: Cpu) -> Cpu:
        return Cpu(self.server - earlier.server, self.worker - earlier.worker)

    @property
    def total(self) -> float:
        """Return both together."""
        return self.server + self.worker


def cpu_now(server: EmbeddedServer) -> Cpu:
    """Return the current counters; ended backends are in the postmaster's sum of its children."""
    postmaster = server_process(Path(server.data), server.dsn("postgres"))
    assert postmaster is not None, "the server of the bench does not run"
    times = postmaster.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in postmaster.children(recursive=True):
        try:
            child_times = child.cpu_times()
        except psutil.NoSuchProcess:  # ended in between: it is in the sum by the next reading
            continue
        spent += child_times.user + child_times.system
    mine = psutil.Process().cpu_times()
    return Cpu(spent, mine.user + mine.system)


def describe_machine() -> dict[str, str]:
    """Return name and value of the facts that a reader needs to compare the measurements."""
    names = (
        [
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith(_CPU_NAME)
        ]
        if Path("/proc/cpuinfo").exists()
        else []
    )
    return {
        "processor": f"{os.cpu_count()} × {names[0] if names else platform.processor()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def load_average() -> float:
    """Return the load of the last minute: above the number of cores, wall times mean little."""
    return os.getloadavg()[0]


def peak_mb() -> float:
    """Return this process's peak; getrusage would include the memory of its parent at the exec."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def log_progress(line: str) -> None:
    """Print progress, with results that would be lost if the run failed later."""
    print(f"[bench]   {line}", file=sys.stderr, flush=True)
