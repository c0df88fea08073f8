"""Starting, ending, deleting: what is refused before anything is started or lost (F-05, F-08)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from cdp_assets.errors import BadConfiguration, TransientFailure
from cdp_assets.settings import START_ID, get_settings, publish_environment
from cdp_assets.stack import code_location
from cdp_assets.stack.code_location import (
    look_at_code_location,
    require_loaded_definitions,
    require_readable_storage,
)
from cdp_assets.stack.process_records import RunningService
from cdp_assets.stack.process_status import describe_processes
from tests.unit.cli.conftest import Cdp
from tests.unit.cli.ui import UNREACHABLE, UPDATED_AT, Ui, serve_ui, workspace


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield int(taken.getsockname()[1])


@pytest.fixture
def ui(state: Path) -> Iterator[Ui]:
    """A webserver that answers what the test says, on the port of the settings."""
    with serve_ui() as found:
        publish_environment({"CDP_UI_PORT": str(found.port)})
        yield found


@pytest.fixture
def daemon(state: Path) -> Iterator[int]:
    """The pid of a process that the state folder knows as the daemon."""
    with subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        env={**os.environ, START_ID: "this start"},
    ) as process:
        (state / "services").mkdir(parents=True)
        _record(state, "daemon", process.pid)
        yield process.pid
        process.kill()


@pytest.fixture
def all_services(state: Path, daemon: int, ui: Ui) -> None:
    """Everything runs, as far as the state folder knows, over a database elsewhere."""
    publish_environment({"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/warehouse"})
    for name in ("code-server", "query-layer"):
        _record(state, name, daemon)
    _record(state, "webserver", daemon, ui.port)


def _record(state: Path, name: str, pid: int, port: int | None = None) -> None:
    record = RunningService(name, pid, "this start", port)
    (state / "services" / f"{name}.json").write_text(json.dumps(asdict(record)))


@pytest.mark.parametrize("variable", ["CDP_UI_PORT", "CDP_CODE_PORT", "CDP_QUERY_PORT"])
def test_up_on_a_taken_port_says_so_in_a_sentence_and_starts_nothing(
    cdp: Cdp, state: Path, taken_port: int, variable: str
) -> None:
    publish_environment({variable: str(taken_port)})
    answer = cdp("up")
    assert answer.code == 1
    assert f"port {taken_port} for " in answer.err
    assert variable in answer.err
    assert len(answer.err.splitlines()) == 1
    assert not (state / "postgres.json").exists()


@pytest.mark.usefixtures("all_services")
def test_a_second_up_is_refused_while_everything_runs(cdp: Cdp, state: Path, ui: Ui) -> None:
    ui.answer = workspace(None)
    answer = cdp("up")
    assert answer.code == 1
    assert "it is up already (code-server, daemon, query-layer, webserver)" in answer.err
    assert "'cdp down' ends it" in answer.err
    assert not (state / "postgres.json").exists()


@pytest.mark.usefixtures("all_services")
def test_a_code_location_that_does_not_load_is_named_by_up_and_status(cdp: Cdp, ui: Ui) -> None:
    ui.answer = workspace("ValueError: no such table\nfoo.bar\n")
    answer = cdp("up")
    assert answer.code == 1
    assert "without definitions: ValueError: no such table foo.bar" in answer.err
    assert len(answer.err.splitlines()) == 1
    (line,) = [line for line in describe_processes(get_settings()) if not line.is_good]
    assert line.text == "definitions  not loaded: ValueError: no such table foo.bar"
    ui.answer = workspace(None)
    assert all(line.is_good for line in describe_processes(get_settings()))


_BROKEN = {"errors": [{"message": "(psycopg2.OperationalError) server closed\nthe connection"}]}


@pytest.mark.parametrize(
    ("word", "answer", "problem"),
    [
        ("runIds", _BROKEN, "it cannot read its runs ((psycopg2.OperationalError) server closed"),
        (
            "assetRecords",
            {"data": {"found": {"message": "no table"}}},
            "it cannot read its events (no table)",
        ),
        ("Ticks", {"data": None, **_BROKEN}, "it cannot read its schedules ("),
        ("runIds", {"data": None}, "it cannot read its runs (no response)"),
        ("runIds", None, "it does not respond to a query about runs (HTTPStatusError)"),
        ("runIds", [], "it does not respond to a query about runs (AttributeError)"),
    ],
)
@pytest.mark.usefixtures("all_services")
def test_a_ui_that_cannot_read_its_storage_is_named_by_up_and_status(
    cdp: Cdp, ui: Ui, word: str, answer: Any, problem: str
) -> None:
    ui.answer, ui.storages = workspace(None), {word: answer}
    up = cdp("up")
    assert up.code == 1
    assert f"but the UI does not work: {problem}" in up.err
    assert len(up.err.splitlines()) == 1
    (line,) = [line for line in describe_processes(get_settings()) if not line.is_good]
    assert line.text.startswith("storage      the UI does not work: ")
    assert problem in line.text


def test_storages_are_waited_for_and_the_last_problem_is_told(
    ui: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui.storages = {"runIds": _BROKEN}
    with monkeypatch.context() as patch:
        patch.setattr(code_location, "_STORAGE_SECONDS", 0.1)
        with pytest.raises(TransientFailure, match="the webserver runs, but it cannot read its ru"):
            require_readable_storage(get_settings())

    monkeypatch.setattr(time, "sleep", lambda _: ui.storages.clear())
    require_readable_storage(get_settings())
    assert ui.storages == {}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"data": {"workspaceOrError": {"message": "no\nstorage"}}}, "no storage"),
        ({"data": {"workspaceOrError": {"locationEntries": []}}}, "knows no code location"),
        ({"errors": ["?"]}, "does not respond (KeyError)"),
        ([], "does not respond (TypeError)"),
        (None, "does not respond (HTTPStatusError)"),
    ],
)
def test_what_the_webserver_says_instead_is_a_problem_too(
    ui: Ui, answer: Any, problem: str
) -> None:
    ui.answer = answer
    assert problem in str(look_at_code_location(get_settings()).problem)


def test_a_code_server_that_does_not_listen_yet_is_waited_for(
    ui: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui.answer = workspace("_InactiveRpcError", outer=UNREACHABLE)
    with monkeypatch.context() as patch:
        patch.setattr(code_location, "_LOAD_SECONDS", 0.1)
        with pytest.raises(BadConfiguration, match="code server does not respond to the webserver"):
            require_loaded_definitions(get_settings(), since=UPDATED_AT)

    def answer_well(_: float) -> None:
        ui.answer = workspace(None)

    monkeypatch.setattr(time, "sleep", answer_well)
    require_loaded_definitions(get_settings(), since=UPDATED_AT)


def test_definitions_of_a_code_server_that_is_gone_do_not_count(
    ui: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui.answer = workspace(None)
    require_loaded_definitions(get_settings(), since=UPDATED_AT)
    monkeypatch.setattr(code_location, "_LOAD_SECONDS", 0.1)
    with pytest.raises(BadConfiguration, match="definitions do not load: still loading after"):
        require_loaded_definitions(get_settings(), since=UPDATED_AT + 1)
    ui.answer = workspace("KeyError: 'x'")
    with pytest.raises(BadConfiguration, match="do not load: KeyError: 'x'"):
        require_loaded_definitions(get_settings(), since=UPDATED_AT)


def test_down_ends_the_process_that_was_started(cdp: Cdp, daemon: int) -> None:
    answer = cdp("down")
    assert answer.code == 0
    assert "daemon ended" in answer.out
    assert not psutil.pid_exists(daemon) or psutil.Process(daemon).status() == "zombie"


def test_down_leaves_a_stranger_alone_that_has_the_pid_of_one_of_ours(
    cdp: Cdp, state: Path, daemon: int
) -> None:
    record = state / "services" / "daemon.json"
    ours = json.loads(record.read_text())
    record.write_text(json.dumps({**ours, "start_id": "an earlier start"}))
    answer = cdp("down")
    assert "nothing was running" in answer.out
    assert psutil.Process(daemon).status() != psutil.STATUS_ZOMBIE


def test_a_clock_that_was_set_makes_no_stranger_of_ours(
    cdp: Cdp, daemon: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A start time is ticks since the boot plus the boot's time, which a set clock moves.
    began = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: began(self) + 3600)
    assert "daemon ended" in cdp("down").out


def test_a_process_of_an_earlier_release_is_named_instead_of_run_beside(
    cdp: Cdp, state: Path, daemon: int
) -> None:
    record = state / "services" / "daemon.json"
    old = {**json.loads(record.read_text()), "created": 1.0}
    del old["start_id"]
    record.write_text(json.dumps(old))
    answer = cdp("up")
    assert answer.code == 1
    assert f"daemon may still run as pid {daemon}, started by an earlier release" in answer.err
    assert str(record) in answer.err


def test_down_where_nothing_runs_says_so(cdp: Cdp) -> None:
    answer = cdp("down")
    assert answer.code == 0
    assert "nothing was running" in answer.out


def test_status_of_an_empty_state_folder_says_what_to_do(cdp: Cdp) -> None:
    answer = cdp("status")
    assert answer.code == 0
    assert "the database is not running: 'cdp up'" in answer.out


@pytest.mark.parametrize("confirm", [[], ["--confirm", "y"], ["--confirm", ""]])
def test_clean_without_the_word_yes_deletes_nothing(
    cdp: Cdp, state: Path, confirm: list[str]
) -> None:
    (state / "services").mkdir(parents=True)
    answer = cdp("clean", *confirm)
    assert answer.code == 1
    assert str(state) in answer.err
    assert "cdp clean --confirm yes" in answer.err
    assert (state / "services").is_dir()


def test_clean_deletes_the_state_folder(cdp: Cdp, state: Path) -> None:
    (state / "services").mkdir(parents=True)
    (state / "demo.json").write_text('{"DMOB_DATABASE_URL": "postgresql://h/dmob"}')
    answer = cdp("clean", "--confirm", "yes")
    assert answer.code == 0
    assert "is gone" in answer.out
    assert not state.exists()


def test_clean_never_deletes_what_somebody_else_put_into_the_folder(cdp: Cdp, state: Path) -> None:
    (state / "services").mkdir(parents=True)
    (state / "thesis.txt").write_text("years of work")
    answer = cdp("clean", "--confirm", "yes")
    assert answer.code == 0
    assert "thesis.txt" in answer.out
    assert [path.name for path in state.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "variable",
    [
        "DMOB_DATABASE_URL",
        "CDP_URL_FINDER_API_URL",
        "CDP_SOLANA_RPC_URL",
        "CDP_JITO_KOBE_URL",
    ],
)
def test_a_demo_refuses_a_source_that_somebody_named(cdp: Cdp, state: Path, variable: str) -> None:
    scheme = "postgresql" if variable.endswith("DATABASE_URL") else "http"
    publish_environment({variable: f"{scheme}://u:p@127.0.0.1:1/production"})
    answer = cdp("demo")
    assert answer.code == 1
    assert f"{variable}: the demo simulates its sources" in answer.err
    assert not (state / "postgres.json").exists()


def test_a_second_demo_refuses_a_source_that_is_not_the_one_of_the_first(
    cdp: Cdp, state: Path
) -> None:
    state.mkdir()
    (state / "demo.json").write_text('{"CDP_AS_OF": "2026-08-14T12:00:00Z"}')
    publish_environment({"CDP_SOLANA_RPC_URL": "http://127.0.0.1:2/solana"})
    answer = cdp("demo")
    assert answer.code == 1
    assert "CDP_SOLANA_RPC_URL: the demo simulates its sources" in answer.err
