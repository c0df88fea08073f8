"""The doctor: one sentence with a fix for each thing that is wrong (F-05)."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pytest

from cdp_assets.settings import publish_environment
from cdp_assets.stack import doctor
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.unit.cli.conftest import Answer, Cdp


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def _complaints(answer: Answer) -> list[tuple[str, str]]:
    lines = answer.out.splitlines()
    return [
        (line.removeprefix("BAD  "), lines[number + 1].strip())
        for number, line in enumerate(lines)
        if line.startswith("BAD")
    ]


def test_a_fit_machine_ends_with_0_and_a_line_per_thing_looked_at(
    cdp: Cdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "is_manifest_current", lambda: True)
    answer = cdp("doctor")
    assert answer.code == 0, answer.out
    assert _complaints(answer) == []
    for thing in ("Python 3.", "GiB free at", "GiB of memory", "may write", "is free", "manifest"):
        assert thing in answer.out


def test_a_full_disk_is_named_with_the_way_out(cdp: Cdp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(10 * 2**30, 9 * 2**30, 2**29))
    answer = cdp("doctor")
    assert answer.code == 1
    ((what, advice), *_) = _complaints(answer)
    assert what.startswith("0.5 GiB free at ")
    assert advice == "free 2 GiB, or set CDP_STATE_DIR to another disk"


def test_a_database_that_died_is_bad_and_nothing_says_ok_of_it(cdp: Cdp, state: Path) -> None:
    (state / "data").mkdir(parents=True)
    (state / "data" / "postmaster.pid").write_text("999999999\n")  # a stopped one takes it away
    server = EmbeddedServer("", str(state / "data"), 6543, "", "")
    (state / "postgres.json").write_text(json.dumps(asdict(server)))
    publish_environment(
        {
            "DMOB_DATABASE_URL": server.dsn("dmob"),
            "CDP_QUERY_DATABASE_URL": server.dsn("warehouse", user="api_ro"),
        }
    )
    answer = cdp("doctor")
    assert answer.code == 1
    assert "not started" not in answer.out
    ((what, advice),) = [found for found in _complaints(answer) if "postgres" in found[0]]
    assert what.startswith("postgres     dead since ")
    assert advice == "`cdp up` starts what is missing; `cdp status` shows all".replace("`", "'")
    assert not re.search(
        r"^ok +(the embedded|source|query|warehouse|orch)", answer.out, re.MULTILINE
    )

    (state / "data" / "postmaster.pid").unlink()
    rested = cdp("doctor").out
    assert "ok   the embedded Postgres is not started" in rested
    for what in ("source", "query layer's warehouse"):
        assert f"ok   {what}: on the embedded Postgres, which is not started" in rested


def test_a_taken_port_is_named_with_the_variable_that_moves_it(cdp: Cdp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        publish_environment({"CDP_UI_PORT": str(port)})
        answer = cdp("doctor")
    assert answer.code == 1
    ((what, advice),) = _complaints(answer)
    assert what.startswith(f"port {port} for webserver is taken by pid {os.getpid()} (")
    assert advice.startswith("end that program, or change our port with CDP_UI_PORT")


def test_a_folder_without_write_permission_is_named(
    cdp: Cdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    answer = cdp("doctor")
    assert answer.code == 1
    assert "set CDP_STATE_DIR to a folder of yours" in answer.out


def test_a_python_that_is_not_supported_is_named(cdp: Cdp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_SUPPORTED", ((3, 98), (3, 99)))
    answer = cdp("doctor")
    assert answer.code == 1
    assert "install Python 3.11, 3.12 or 3.13" in answer.out


def test_an_old_manifest_is_named(cdp: Cdp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "is_manifest_current", lambda: False)
    answer = cdp("doctor")
    assert answer.code == 1
    assert "run 'cdp manifest'" in answer.out


def test_the_doctor_changes_nothing(cdp: Cdp, state: Path) -> None:
    cdp("doctor")
    assert not state.exists()


def test_a_demo_on_an_unfit_machine_says_the_same_and_starts_nothing(
    cdp: Cdp, monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(10 * 2**30, 9 * 2**30, 2**29))
    answer = cdp("demo")
    assert answer.code == 1
    assert "free 2 GiB, or set CDP_STATE_DIR to another disk" in answer.err
    assert len(answer.err.splitlines()) == 1
    assert not state.exists()


@pytest.mark.parametrize(
    ("variable", "what"),
    [
        ("DATABASE_URL", "warehouse"),
        ("CDP_DAGSTER_DATABASE_URL", "orchestrator storage"),
        ("CDP_QUERY_DATABASE_URL", "query layer's warehouse"),
        ("DMOB_DATABASE_URL", "source"),
    ],
)
def test_a_database_that_does_not_answer_is_named_with_variable_host_and_port(
    cdp: Cdp, variable: str, what: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dead:
        port = dead.getsockname()[1]
    address = f"postgresql://someone:canary-71@127.0.0.1:{port}/anything"
    publish_environment({"DATABASE_URL": address, variable: address})
    answer = cdp("doctor")
    assert answer.code == 1
    place = f"127.0.0.1, port {port}, does not respond (Connection refused)"
    assert f"BAD  {what}: {variable}: {place}" in answer.out
    assert "canary" not in answer.out + answer.err


@pytest.mark.parametrize("variable", ["DATABASE_URL", "CDP_DAGSTER_DATABASE_URL"])
@pytest.mark.parametrize("command", ["up", "migrate", "status", "reproduce-score", "diff"])
def test_every_command_names_the_variable_of_a_database_that_does_not_answer(
    cdp: Cdp, server: EmbeddedServer, variable: str, command: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dead:
        port = dead.getsockname()[1]
    address = f"postgresql://someone:canary-71@127.0.0.1:{port}/anything"
    publish_environment({"DATABASE_URL": server.dsn("postgres"), variable: address})
    answer = cdp(command)
    assert answer.code == 1
    assert answer.err.startswith(
        f"cdp: {variable}: 127.0.0.1, port {port}, does not respond (Connection refused). "
    )
    assert len(answer.err.splitlines()) == 1
    assert "canary" not in answer.out + answer.err


def test_databases_that_answer_are_listed_with_their_latency(
    cdp: Cdp, server: EmbeddedServer
) -> None:
    publish_environment(
        {
            "DATABASE_URL": server.dsn("postgres"),
            "CDP_DAGSTER_DATABASE_URL": server.dsn("postgres"),
            "CDP_QUERY_DATABASE_URL": server.dsn("postgres"),
            "DMOB_DATABASE_URL": server.dsn("no_such_database"),
        }
    )
    answer = cdp("doctor")
    for what in ("warehouse", "orchestrator storage", "query layer's warehouse"):
        assert re.search(rf"^ok   {what} responds in \d+ ms$", answer.out, re.MULTILINE)
    refusal = 'refuses the connection (database "no_such_database" does not exist)'
    assert f"source: DMOB_DATABASE_URL: 127.0.0.1, port {server.port}, {refusal}" in answer.out
