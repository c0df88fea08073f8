"""Commands of the product as a user types them: own process, own state folder, own free ports.

Belongs here: running a command and what it said. Does not: what is expected of it (the tests).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.e2e.private_clone import packages_of
from tests.ports import free_ports
from tests.preloaded_process import PreloadedProcess

CDP = Path(sys.executable).parent / "cdp"
_PORTS = (
    "CDP_UI_PORT",
    "CDP_CODE_PORT",
    "CDP_QUERY_PORT",
    "CDP_QUERY_METRICS_PORT",
    "CDP_SIMULATOR_PORT",
    "CDP_POSTGRES_PORT",
)
# A limit against hanging, not a bar: a demo took 107 to 183 s here, and other machines are slower.
_LONGEST = 900


@dataclass(frozen=True)
class Finished:
    """A command that ended.

    Attributes:
        code: Its exit code.
        text: What it printed, both streams together.
        seconds: How long it took by the clock.
        cpu_seconds: Processor time of the command and the children that it waited for.
    """

    code: int
    text: str
    seconds: float
    cpu_seconds: float


def state_environment(state: Path, clone: Path | None = None) -> dict[str, str]:
    """Return the variables of a state folder with free ports; code of a clone if one is given."""
    environment = {
        **os.environ,
        "CDP_STATE_DIR": str(state),
        "PATH": f"{CDP.parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
        "PYTHONDONTWRITEBYTECODE": "",  # each process of a clone would compile the product anew
        **dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True)),
    }
    if clone is not None:
        environment["PYTHONPATH"] = os.pathsep.join([str(clone), str(packages_of(clone))])
    return environment


def cdp(environment: Mapping[str, str], *arguments: str, timeout: float = _LONGEST) -> Finished:
    """Run a command to its end, in a process with the libraries loaded.

    Raises:
        subprocess.TimeoutExpired: It did not end in time.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        process = PreloadedProcess(arguments, environment, Path.cwd(), output)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return Finished(code, output.read_text(), time.monotonic() - began, process.cpu_seconds)


def run(
    command: list[str], environment: Mapping[str, str], *, timeout: float = _LONGEST
) -> Finished:
    """Run any program to its end, with both streams in one text."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Finished(done.returncode, done.stdout, time.monotonic() - began, cpu)


def processes_of(environment: Mapping[str, str]) -> list[str]:
    """Return the command lines of every process that was started for a state folder.

    All of ours inherit the variable that names it, the database server's too.
    """
    state = environment["CDP_STATE_DIR"]
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CDP_STATE_DIR") == state:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_until(is_so: Callable[[], bool], what: str, *, seconds: float = 120) -> None:
    """Ask until something is so.

    Raises:
        AssertionError: It was not so in time.
    """
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.2)
