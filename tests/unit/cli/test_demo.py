"""The demo before it does anything: ports, addresses, and one demo at a time (F-05)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from cdp_assets.demo import demo
from cdp_assets.demo import world as demo_world
from cdp_assets.settings import START_ID, get_settings, publish_environment
from cdp_assets.stack.process_list import world_name
from cdp_assets.stack.process_records import RunningService
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.ports import free_ports
from tests.unit.cli.conftest import Cdp

_PORTS = (
    "CDP_UI_PORT",
    "CDP_CODE_PORT",
    "CDP_QUERY_PORT",
    "CDP_SIMULATOR_PORT",
    "CDP_POSTGRES_PORT",
)
_HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.write("4711"); lock.flush()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def record(state: Path) -> Path:
    """What a demo of this state folder wrote down."""
    state.mkdir()
    path = state / "demo.json"
    path.write_text('{"CDP_AS_OF": "2026-08-14T12:00:00Z", "CDP_PARTITIONS_START": "2026-07-06"}')
    return path


@pytest.fixture
def other_demo(state: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that works on the state folder as a demo does."""
    state.mkdir()
    with subprocess.Popen(
        [sys.executable, "-S", "-c", _HOLD, str(state / "demo.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def _shown(cdp: Cdp, variable: str) -> str:
    lines = cdp("config").out.splitlines()
    (line,) = [line for line in lines if line.startswith(f"{variable}=")]
    return line.removeprefix(f"{variable}=")


def _forget_adopted() -> None:
    for name in list(demo_world._source_addresses(get_settings())):
        os.environ.pop(name, None)


def test_every_taken_port_is_named_at_once_with_pid_and_program_before_anything_is_written(
    cdp: Cdp, state: Path
) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in _PORTS]
        ports = [str(server.getsockname()[1]) for server in servers]
        publish_environment(dict(zip(_PORTS, ports, strict=True)))
        answers = [cdp("demo"), cdp("up")]
    for answer, named in zip(answers, (ports, [*ports[:3], ports[4]]), strict=True):
        assert answer.code == 1
        for port in named:
            assert f"port {port} for " in answer.err
        assert answer.err.count(f"is taken by pid {os.getpid()} (") == len(named)
        assert "CDP_SIMULATOR_PORT or CDP_POSTGRES_PORT" in answer.err
        assert len(answer.err.splitlines()) == 1
    assert not state.exists()


def test_one_port_for_two_of_ours_is_refused(cdp: Cdp, state: Path) -> None:
    (port,) = free_ports(1)
    publish_environment({"CDP_UI_PORT": str(port), "CDP_QUERY_PORT": str(port)})
    answer = cdp("up")
    assert answer.code == 1
    assert f"port {port} is meant for both webserver and query-layer" in answer.err
    assert not state.exists()


@pytest.mark.usefixtures("record")
def test_addresses_of_the_demo_follow_the_port_of_now(cdp: Cdp) -> None:
    for port in free_ports(2):
        publish_environment({"CDP_SIMULATOR_PORT": str(port)})
        name = world_name(get_settings())
        found = _shown(cdp, "CDP_URL_FINDER_API_URL")
        assert found == f"http://127.0.0.1:{port}/{name}/url-finder"
        _forget_adopted()


def test_addresses_that_an_earlier_release_stored_are_not_read(cdp: Cdp, record: Path) -> None:
    stored = {"CDP_AS_OF": "2026-08-14T12:00:00Z", "CDP_FILSPARK_API_URL": "http://127.0.0.1:1/f"}
    record.write_text(json.dumps({**stored, "DMOB_DATABASE_URL": "postgresql://u:p@h:1/dmob"}))
    (port,) = free_ports(1)
    publish_environment({"CDP_SIMULATOR_PORT": str(port)})
    assert f":{port}/" in _shown(cdp, "CDP_FILSPARK_API_URL")
    assert demo_world.is_complete(get_settings())


@pytest.mark.usefixtures("record")
def test_addresses_follow_the_simulator_that_runs_before_the_setting(cdp: Cdp, state: Path) -> None:
    (port,) = free_ports(1)
    with subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        env={**os.environ, START_ID: "this start"},
    ) as process:
        (state / "services").mkdir()
        ours = RunningService("simulator", process.pid, "this start", port)
        (state / "services" / "simulator.json").write_text(json.dumps(asdict(ours)))
        server = EmbeddedServer("", str(state / "data"), port + 1, "", "")
        (state / "postgres.json").write_text(json.dumps(asdict(server)))
        assert f":{port}/" in _shown(cdp, "CDP_EDITION5_SOURCE")
        # Services that live know the database by its port, too.
        assert _shown(cdp, "CDP_POSTGRES_PORT") == str(port + 1)
        process.kill()


def test_two_state_folders_have_two_worlds(tmp_path: Path) -> None:
    names = set()
    for folder in ("a", "b"):
        publish_environment({"CDP_STATE_DIR": str(tmp_path / folder)})
        names.add(world_name(get_settings()))
    assert len(names) == 2


_ELSEWHERE = "postgresql://u:secret-word@prod.example.org:5432/warehouse"
_NOT_USED = "its clock, first partition and simulated sources are not used here"


@pytest.mark.parametrize("is_old", [True, False])
def test_a_demo_is_not_adopted_over_another_warehouse(
    cdp: Cdp, state: Path, record: Path, is_old: bool
) -> None:
    if not is_old:
        demo_world.write_demo_record(get_settings(), is_complete=True)
        assert json.loads(record.read_text())["warehouse"] == "embedded"
    publish_environment({"DATABASE_URL": _ELSEWHERE})
    answer = cdp("config")
    assert answer.err == f"cdp: the demo in {state} has another DATABASE_URL: {_NOT_USED}\n"
    settings = get_settings()
    assert settings.as_of is None
    assert settings.partitions_start.year == 2024
    sources = [
        "DMOB_DATABASE_URL",
        "CDP_SCORING_RULES_FILE",
        *demo_world._source_addresses(settings),
    ]
    assert [name for name in sources if os.environ.get(name)] == []
    assert demo_world.world_services(settings) == []


def test_a_migration_of_another_warehouse_keeps_its_clock(
    cdp: Cdp, record: Path, ready_dsn: str
) -> None:
    demo_world.write_demo_record(get_settings(), is_complete=True)
    publish_environment({"DATABASE_URL": ready_dsn, "CDP_DAGSTER_DATABASE_URL": ready_dsn})
    answer = cdp("migrate")
    assert answer.code == 0, answer.err
    assert answer.err.count(_NOT_USED) == 1
    with psycopg.connect(ready_dsn) as connection:
        assert connection.execute("select as_of from ops.clock").fetchall() == [(None,)]


@pytest.mark.usefixtures("record")
def test_a_demo_is_adopted_over_its_own_warehouse_however_it_is_spelled(
    cdp: Cdp, state: Path, record: Path
) -> None:
    publish_environment({"DATABASE_URL": _ELSEWHERE})
    demo_world.write_demo_record(get_settings(), is_complete=True)
    assert json.loads(record.read_text())["warehouse"] == "prod.example.org:5432/warehouse"
    for spelling, is_same in (
        ("postgres://other:word@PROD.example.org/ware%68ouse?sslmode=require", True),
        ("postgresql://u@prod.example.org:5433/warehouse", False),
        ("postgresql://u@prod.example.org/warehouse2", False),
        ("postgresql://u@prod.example.org/warehouse?host=dev.example.org", False),
        ("", False),  # the embedded server of the same folder is another warehouse, too
    ):
        publish_environment({"DATABASE_URL": spelling})
        assert demo_world.is_of_warehouse(get_settings()) == is_same, spelling
        answer = cdp("demo") if not is_same else None
        if answer is not None:
            assert answer.code == 1
            assert "filled another warehouse (prod.example.org:5432/warehouse)" in answer.err
            assert "secret-word" not in answer.err
    assert not (state / "postgres.json").exists()


@pytest.mark.usefixtures("record")
def test_the_embedded_warehouse_is_the_same_under_its_address(state: Path) -> None:
    server = EmbeddedServer("", str(state / "data"), 6543, "", "")
    (state / "postgres.json").write_text(json.dumps(asdict(server)))
    for host, port, is_same in (("localhost", 6543, True), ("127.0.0.1", 6544, False)):
        publish_environment({"DATABASE_URL": f"postgresql://u:p@{host}:{port}/warehouse"})
        assert demo_world.is_of_warehouse(get_settings()) == is_same


@pytest.mark.usefixtures("record")
def test_a_demo_is_not_adopted_over_another_source_and_that_is_told(cdp: Cdp) -> None:
    publish_environment({"DMOB_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/dmob"})
    assert f"another DMOB_DATABASE_URL: {_NOT_USED}" in cdp("config").err
    assert get_settings().as_of is None


def test_a_demo_that_broke_off_is_a_first_run_again(record: Path) -> None:
    settings = get_settings()
    assert not demo_world.is_complete(settings)
    demo_world.write_demo_record(settings, is_complete=True)
    assert demo_world.is_complete(settings)
    demo_world.write_demo_record(settings, is_complete=False)
    assert not demo_world.is_complete(settings)
    # Past periods are observed once: a chain that is further by then cannot be asked for them.
    assert demo_world.has_observed_periods(settings)
    demo_world.write_demo_record(settings, is_complete=False, has_observed=False)
    assert not demo_world.has_observed_periods(settings)
    left = json.loads(record.read_text())
    assert set(left) == {"CDP_AS_OF", "CDP_PARTITIONS_START", "warehouse"}


def test_a_second_demo_on_a_state_folder_is_refused_until_the_first_is_gone(
    cdp: Cdp, state: Path, other_demo: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["demo"], ["clean", "--confirm", "yes"]):
        answer = cdp(*command)
        assert answer.code == 1
        assert "(pid 4711)" in answer.err
        assert len(answer.err.splitlines()) == 1
    assert other_demo.poll() is None
    assert sorted(path.name for path in state.iterdir()) == ["demo.lock"]

    other_demo.kill()
    other_demo.wait()
    monkeypatch.setattr(demo, "_run_steps", lambda **_: 0)
    monkeypatch.setattr(demo, "_require_fit_machine", lambda _: None)
    assert cdp("demo").code == 0


def test_down_and_clean_end_nothing_while_a_demo_is_at_work(
    cdp: Cdp, other_demo: subprocess.Popen[str]
) -> None:
    for command in (("down",), ("clean", "--confirm", "yes")):
        answer = cdp(*command)
        assert answer.code == 1
        assert "another command is running" in answer.err
        assert len(answer.err.splitlines()) == 1
    assert other_demo.poll() is None
