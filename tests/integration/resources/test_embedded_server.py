"""A pid is no proof: the embedded server after kill -9, with strangers in its pid file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from cdp_assets.cli.app import main
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedPostgres, EmbeddedServer
from resources.postgres.postgres_process import processes_of, server_process
from tests.embedded import as_server_user, kill_server
from tests.ports import free_ports

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A state folder of this file's own, with a server that was made in it."""
    path = Path(tempfile.mkdtemp(prefix="cdp-embedded-"))
    path.chmod(0o755)
    postgres = EmbeddedPostgres(path, shared_buffers_mib=128)
    try:
        postgres.start()
        yield path
    finally:
        postgres.remove()
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def postgres(folder: Path) -> EmbeddedPostgres:
    """The server, running."""
    found = EmbeddedPostgres(folder)
    found.start()
    return found


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A living process of the server's user that has nothing to do with us."""
    with subprocess.Popen(["sleep", "600"], **as_server_user()) as process:
        yield process
        process.kill()


def _answers(postgres: EmbeddedPostgres) -> bool:
    server = postgres.find()
    assert server is not None
    with psycopg.connect(server.dsn("postgres")) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def test_a_stranger_in_the_pid_file_is_neither_believed_nor_signalled(
    postgres: EmbeddedPostgres, stranger: subprocess.Popen[bytes]
) -> None:
    file = kill_server(postgres)
    file.name(stranger.pid)
    assert not postgres.is_running()
    assert postgres.died_after() is not None
    postgres.stop()
    assert stranger.poll() is None
    postgres.start()
    assert _answers(postgres)
    assert stranger.poll() is None
    assert postgres.died_after() is None


def test_every_command_leaves_a_stranger_in_the_pid_file_alone(
    folder: Path,
    postgres: EmbeddedPostgres,
    stranger: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kill_server(postgres).name(stranger.pid)
    publish_environment({"CDP_STATE_DIR": str(folder)})
    said_by = {
        "status": "postgres     dead since",
        "doctor": "postgres     dead since",
        "down": "nothing was running",
        "migrate --status": "0001 absent",
    }
    # The last starts the server, as a refresh does before anything else.
    for command, code in (("status", 3), ("doctor", 1), ("down", 0), ("migrate --status", 0)):
        monkeypatch.setattr(sys, "argv", ["cdp", *command.split()])
        ended = 0
        try:
            main()
        except SystemExit as end:
            ended = int(end.code or 0)
        said = capsys.readouterr()
        assert (command, ended, said.err) == (command, code, "")
        assert said_by[command] in said.out
        assert stranger.poll() is None
    assert _answers(postgres)


def test_a_zombie_in_the_pid_file_does_not_count(postgres: EmbeddedPostgres) -> None:
    file = kill_server(postgres)
    with subprocess.Popen(["true"], **as_server_user()) as zombie:  # noqa: S607
        while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
            os.sched_yield()
        file.name(zombie.pid)
        assert not postgres.is_running()
        postgres.start()
        assert _answers(postgres)


def test_the_server_of_another_folder_in_the_pid_file_is_a_stranger(
    postgres: EmbeddedPostgres, server: EmbeddedServer
) -> None:
    other = server_process(Path(server.data), server.dsn("postgres"))
    assert other is not None
    kill_server(postgres).name(other.pid)
    assert not postgres.is_running()
    postgres.stop()
    assert other.is_running()
    postgres.start()
    assert _answers(postgres)


def test_a_torn_pid_file_names_nobody(postgres: EmbeddedPostgres) -> None:
    file = kill_server(postgres)
    for text in ("", "-1\n", "99999999999999999999\n", "no number\n"):
        file.path.write_text(text)
        assert not postgres.is_running()
    postgres.start()
    assert _answers(postgres)


def test_a_server_whose_process_may_not_be_looked_at_is_known_by_its_identifier(
    postgres: EmbeddedPostgres,
    stranger: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(process: psutil.Process) -> str:
        raise psutil.AccessDenied(process.pid)

    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "cwd", refuse)
        assert postgres.is_running()
    file = kill_server(postgres)
    file.name(stranger.pid)
    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "name", refuse)
        assert not postgres.is_running()


def test_stop_ends_every_process_of_the_folder_and_is_no_death(postgres: EmbeddedPostgres) -> None:
    server = postgres.find()
    assert server is not None
    assert processes_of(Path(server.data)) != []
    postgres.stop()
    assert processes_of(Path(server.data)) == []
    assert postgres.died_after() is None
    postgres.stop()


def test_a_server_that_is_started_takes_the_port_of_now(
    folder: Path, postgres: EmbeddedPostgres
) -> None:
    (port,) = free_ports(1)
    postgres.stop()
    moved = EmbeddedPostgres(folder, port=port)
    assert moved.start().port == port
    assert _answers(postgres)


def test_data_whose_record_is_gone_is_never_replaced(
    folder: Path, postgres: EmbeddedPostgres
) -> None:
    record = folder / "postgres.json"
    kept = record.read_text()
    record.unlink()
    try:
        with pytest.raises(BadConfiguration, match="contains the data of its server"):
            postgres.start()
    finally:
        record.write_text(kept)
    assert _answers(postgres)
