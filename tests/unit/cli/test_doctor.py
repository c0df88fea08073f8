"""The doctor: one sentence with a fix for each thing that is wrong (F-05)."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from cdp_assets import doctor
from cdp_assets.settings import publish_environment
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


def test_a_taken_port_is_named_with_the_variable_that_moves_it(cdp: Cdp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        publish_environment({"CDP_UI_PORT": str(port)})
        answer = cdp("doctor")
    assert answer.code == 1
    ((what, advice),) = _complaints(answer)
    assert what == f"port {port} for webserver is taken by another program"
    assert advice.startswith("end that program, or move ours with CDP_UI_PORT")


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
    assert "run `cdp manifest`" in answer.out


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
