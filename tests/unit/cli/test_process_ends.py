"""Services as real, tiny processes: how they end, what is said of it, and whose port answers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from cdp_assets.errors import TransientFailure
from cdp_assets.settings import START_ID, get_settings
from cdp_assets.stack import processes
from cdp_assets.stack.process_records import RunningService
from cdp_assets.stack.processes import Service, Supervisor
from resources.local import ports
from tests.ports import free_ports
from tests.unit.cli.conftest import Cdp

_SLEEP = "import time; time.sleep(600)"
# It can end by a signal from the moment that it listens.
_LISTEN = """
import signal, socket, sys
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
server = socket.create_server(("127.0.0.1", {port}))
signal.pause()
"""
_PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{_SLEEP}'])"


def _python(name: str, code: str, port: int | None = None) -> Service:
    return Service(name, [sys.executable, "-S", "-c", code], port=port)


@pytest.fixture
def supervisor(state: Path) -> Iterator[Supervisor]:
    """The supervisor of the test's state folder; it ends what the test leaves."""
    found = Supervisor(get_settings())
    yield found
    found.stop()


def _start(supervisor: Supervisor, service: Service) -> psutil.Process:
    supervisor.start([service], lambda _: None)
    (record,) = [one for one in supervisor.running() if one.name == service.name]
    process = record.process()
    assert process is not None
    return process


def _start_and_end(supervisor: Supervisor, name: str) -> None:
    """Start a service that ends by itself, with exit code 7."""
    (port,) = free_ports(1)
    _start(supervisor, _python(name, _LISTEN.format(port=port), port)).send_signal(signal.SIGUSR1)
    _wait_for_death(supervisor)


def _wait_for_death(supervisor: Supervisor) -> None:
    end = time.monotonic() + 30
    while not supervisor.dead() or not supervisor.dead()[0][1].is_exact:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_service_that_was_killed_is_listed_as_dead_with_since_when(
    cdp: Cdp, supervisor: Supervisor
) -> None:
    process = _start(supervisor, _python("daemon", _SLEEP))
    before = datetime.now(UTC).replace(microsecond=0)
    process.kill()
    _wait_for_death(supervisor)
    ((record, death),) = supervisor.dead()
    assert record.name == "daemon"
    assert before <= death.at <= datetime.now(UTC)
    answer = cdp("status")
    assert answer.code == 3
    since = f"dead since {death.at:%Y-%m-%d %H:%M:%S} UTC, killed by SIGKILL"
    assert [line for line in answer.out.splitlines() if since in line and "daemon" in line]
    assert "none runs" not in answer.out
    doctor = cdp("doctor")
    assert doctor.code == 1
    assert [line for line in doctor.out.splitlines() if line.startswith("BAD") and since in line]


def test_a_dead_service_is_dead_until_it_is_started_or_ended(
    cdp: Cdp, supervisor: Supervisor
) -> None:
    _start_and_end(supervisor, "daemon")
    assert "exit code 7" in cdp("status").out
    _start(supervisor, _python("daemon", _SLEEP))
    assert supervisor.dead() == []
    supervisor.running()[0].process().kill()  # type: ignore[union-attr]
    _wait_for_death(supervisor)
    assert cdp("down").code == 0
    assert cdp("status").code == 0


def test_a_death_that_nobody_saw_is_dated_by_the_last_sign_of_life(
    cdp: Cdp, state: Path, supervisor: Supervisor
) -> None:
    process = _start(supervisor, _python("daemon", _SLEEP))
    keeper = process.parent()
    assert keeper is not None
    keeper.kill()
    process.kill()
    log = state / "services" / "daemon.log"
    os.utime(log, (4_000_000_000, 4_000_000_000))
    end = time.monotonic() + 30
    while not supervisor.dead():
        assert time.monotonic() < end
        time.sleep(0.01)
    answer = cdp("status")
    assert answer.code == 3
    assert "dead since some time after 2096-10-02 07:06:40 UTC, its last sign of life" in answer.out


def test_down_ends_what_outlived_a_dead_service(cdp: Cdp, supervisor: Supervisor) -> None:
    process = _start(supervisor, _python("code-server", _PARENT))
    end = time.monotonic() + 30
    while not (children := process.children()):
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    _wait_for_death(supervisor)
    (child,) = children
    assert child.is_running()
    assert cdp("down").code == 0
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_service_that_fails_again_stays_known_as_dead(supervisor: Supervisor) -> None:
    _start_and_end(supervisor, "daemon")
    (port,) = free_ports(1)
    with pytest.raises(TransientFailure, match="daemon ended while starting"):
        supervisor.start([_python("daemon", "raise SystemExit(8)", port)], lambda _: None)
    ((_, death),) = supervisor.dead()
    assert death.code == 8
    with pytest.raises(TransientFailure, match="webserver ended while starting"):
        supervisor.start([_python("webserver", "raise SystemExit(8)", port)], lambda _: None)
    assert [record.name for record, _ in supervisor.dead()] == ["daemon"]


def test_another_program_on_the_port_does_not_make_a_service_ready(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if that program had taken the port between our look at it and the start.
    monkeypatch.setattr(ports, "require_free_ports", lambda *_, **__: None)
    monkeypatch.setattr(processes, "_START_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(TransientFailure, match="webserver did not respond"):
            supervisor.start([_python("webserver", _SLEEP, port)], lambda _: None)
    assert supervisor.running() == []


def test_a_damaged_record_names_the_process_that_it_was_written_for(
    cdp: Cdp, state: Path, supervisor: Supervisor
) -> None:
    process = _start(supervisor, _python("daemon", _SLEEP))
    record = state / "services" / "daemon.json"
    kept = record.read_text()
    for text in ("", kept[:40]):
        record.write_text(text)
        answer = cdp("down")
        assert answer.code == 1
        assert f"{record}: the file is " in answer.err
        assert f"{process.pid}), then delete the file" in answer.err
    record.unlink()
    assert process.is_running()
    assert cdp("down").code == 0
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_an_id_of_another_start_is_no_proof(state: Path) -> None:
    ours = RunningService("daemon", os.getpid(), "this start")
    assert os.environ.get(START_ID) is None
    assert ours.process() is None
