"""Processes of `cdp` that start with the libraries loaded, forked from one process that loads them.

Loading Dagster and dbt takes a command three seconds of CPU, and tests start some eighty. Each
process loads the product's own code itself, after its settings are in place. Scope: starting such
a process; not here: commands whose start is what is tested (``subprocess``).
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import resource
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.preloaded_libraries"])


class PreloadedProcess:
    """A process of `cdp`; what tests use of ``subprocess.Popen``.

    Attributes:
        pid: Its number.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, output: Path
    ) -> None:
        """Start it; both output streams are appended to a file.

        Args:
            arguments: What follows `cdp`.
            environment: All variables of the process; ``PYTHONPATH`` says whose code it runs.
            folder: Working directory.
            output: The file.
        """
        self._cpu = output.with_name(f"{output.name}.cpu")
        self._process: ForkServerProcess = _FORK.Process(
            target=_run_command,
            args=(list(arguments), dict(environment), folder, output, self._cpu),
        )
        self._process.start()
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal; null while it runs."""
        return self._process.exitcode

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the process and the children that it waited for; 0 if it was killed."""
        return float(self._cpu.read_text()) if self._cpu.exists() else 0.0

    def poll(self) -> int | None:
        """Return the exit code; null while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: It did not end in time.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _run_command(
    arguments: list[str], environment: dict[str, str], folder: Path, output: Path, cpu: Path
) -> None:
    """Take on what a started process has - files, variables, folder, arguments - and run `cdp`."""
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    sys.argv = ["cdp", *arguments]
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:0] = paths
    for path in paths:
        if (hook := Path(path, "sitecustomize.py")).exists():
            runpy.run_path(str(hook))
    from cdp_assets.cli.app import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu.write_text(str(sum(one.ru_utime + one.ru_stime for one in used)))
