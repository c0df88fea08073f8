"""State files torn, empty, unreadable or unwritable: one sentence each, for every command."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from cdp_assets.settings import publish_environment
from resources.local import state_files
from tests.unit.cli.conftest import Answer, Cdp

_COMMANDS = (
    ["status"],
    ["up"],
    ["down"],
    ["doctor"],
    ["config"],
    ["demo"],
    ["migrate"],
    ["refresh"],
    ["clean", "--confirm", "yes"],
)
_TORN = ("", "\n", "{", '{"name": "daemon", "pid": 1', "[]", "null", '{"pid": {}}', "\x00\x00")


def _is_one_sentence(answer: Answer, path: Path) -> bool:
    words = f"{path}: the file is ", f"{path}: the file cannot be read"
    lines = answer.err.splitlines()
    return answer.code == 1 and len(lines) == 1 and any(word in lines[0] for word in words)


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", ["services/daemon.json", "demo.json"])
def test_a_torn_file_is_a_sentence_for_every_command(
    cdp: Cdp, state: Path, command: list[str], name: str
) -> None:
    path = state / name
    path.parent.mkdir(parents=True)
    for text in _TORN:
        path.write_text(text)
        answer = cdp(*command)
        assert _is_one_sentence(answer, path), (text, answer)
        assert path.read_text() == text


@pytest.mark.parametrize("command", ["status", "up", "doctor", "demo", "migrate"])
def test_torn_passwords_of_postgres_are_a_sentence(cdp: Cdp, state: Path, command: str) -> None:
    path = state / "postgres.json"
    path.parent.mkdir(parents=True)
    for text in _TORN:
        path.write_text(text)
        answer = cdp(command)
        assert _is_one_sentence(answer, path), (text, answer)
        assert "without it 'cdp clean --confirm yes' deletes the data" in answer.err


def test_down_and_clean_need_no_passwords_of_postgres(cdp: Cdp, state: Path) -> None:
    path = state / "postgres.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    services = state / "services"
    services.mkdir()
    (services / "daemon.json").write_text('{"name": "daemon", "pid": 1, "start_id": "gone"}')
    assert cdp("down").code == 0
    assert list(services.iterdir()) == []
    assert cdp("clean", "--confirm", "yes").code == 0
    assert not state.exists()


def test_clean_deletes_all_that_we_write_and_nothing_else(cdp: Cdp, state: Path) -> None:
    ours = ["audit/anchor.json", "audit/anchor.key", "prices.csv", "statements/s.pdf"]
    for name in [*ours, "notes.txt"]:
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).touch()
    answer = cdp("clean", "--confirm", "yes")
    assert f"{state} stays, as it holds files not ours: notes.txt\n" in answer.out
    assert [path.name for path in state.iterdir()] == ["notes.txt"]


def test_clean_leaves_the_anchor_of_a_warehouse_that_it_does_not_delete(
    cdp: Cdp, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://cdp@192.0.2.1/warehouse")
    anchor = state / "audit" / "anchor.json"
    anchor.parent.mkdir(parents=True)
    anchor.touch()
    (state / "prices.csv").touch()
    answer = cdp("clean", "--confirm", "yes")
    assert f"{state} stays with audit, which belongs to DATABASE_URL\n" in answer.out
    assert list(state.iterdir()) == [anchor.parent]
    assert anchor.exists()


@pytest.mark.parametrize("name", ["services/daemon.json", "demo.json", "postgres.json"])
def test_a_file_that_may_not_be_read_is_a_sentence(cdp: Cdp, state: Path, name: str) -> None:
    path = state / name
    path.mkdir(parents=True)  # root may read any file, but no folder as one
    for command in ("status", "up", "doctor"):
        answer = cdp(command)
        assert _is_one_sentence(answer, path), answer
        assert "(Is a directory)" in answer.err


def test_a_state_folder_that_may_not_be_written_is_a_sentence(
    cdp: Cdp, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.open

    def refuse(path: str | Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(state)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return really(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", refuse)
    state.mkdir()
    for command in ("up", "demo", "migrate"):
        answer = cdp(command)
        assert answer.code == 1
        assert "the state folder cannot be written (Read-only file system)" in answer.err
        assert "or set CDP_STATE_DIR" in answer.err
        assert len(answer.err.splitlines()) == 1
    assert list(state.iterdir()) == []


def test_a_state_folder_that_cannot_be_made_is_a_sentence(cdp: Cdp, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    for folder in (file / "state", file, dangling):
        publish_environment({"CDP_STATE_DIR": str(folder)})
        for command in ("up", "migrate", "status", "down"):
            answer = cdp(command)
            assert answer.code == 1, command
            assert "the state folder cannot be written (Not a directory)" in answer.err
            assert answer.out == ""
            assert len(answer.err.splitlines()) == 1
        doctor = cdp("doctor")
        assert doctor.code == 1
        assert f"BAD  may write {dangling if folder == dangling else file}" in doctor.out


def test_a_write_that_is_cut_off_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "demo.json"
    state_files.write_record(path, {"a": "1"}, dict[str, str])

    class _Cut(Exception):
        pass

    def cut(_: int) -> None:
        raise _Cut

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", cut)
        with pytest.raises(_Cut):
            state_files.write_record(path, {"a": "2"}, dict[str, str])
    assert json.loads(path.read_text()) == {"a": "1"}
    assert path.stat().st_mode & 0o777 == 0o600
    state_files.write_record(path, {"a": "3"}, dict[str, str])
    assert [found.name for found in tmp_path.iterdir()] == ["demo.json"]
    assert state_files.read_record(path, dict[str, str], hint="") == {"a": "3"}
