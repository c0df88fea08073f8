"""The source database behind an SSH server: reached, refused, broken and opened anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration, SourceUnavailable
from cdp_assets.filplus.dmob.source import dmob_address
from cdp_assets.settings import get_settings, publish_environment
from resources.http.retry import RetryPolicy
from resources.postgres.ops_status import SourceHealth
from resources.postgres.ssh_tunnel import SshServer, SshTunnel
from resources.postgres.warehouse import Warehouse
from tests.integration.filplus.dmob import ssh_servers
from tests.integration.filplus.dmob.ssh_servers import Server

QUICK = RetryPolicy(tries=2, sleep=lambda _: None)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An ``ssh`` that forwards by itself, first on PATH."""
    server = ssh_servers.stand_in(tmp_path)
    monkeypatch.setenv("PATH", f"{server.bin}{os.pathsep}{os.environ['PATH']}")
    return server


@pytest.fixture(params=ssh_servers.KINDS)
def jump(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The stand-in, and the system's sshd where it exists."""
    if request.param == "sshd":
        with ssh_servers.real(tmp_path) as running:
            yield running
    else:
        yield request.getfixturevalue("stand_in")


def tunnel(dsn: str, health: list[SourceHealth], **changed: object) -> SshTunnel:
    given = {"host": "jump.invalid", "port": 22, "user": "u", "key": None, "known_hosts": None}
    server = SshServer(**{**given, **changed})  # type: ignore[arg-type]
    return SshTunnel(server, dsn, "dmob_ssh", policy=QUICK, report=health.append)


def _database(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        (found,) = connection.execute("select current_database()").fetchone() or ("",)
    return str(found)


def test_the_source_is_reached_through_the_server_and_its_health_is_a_row(
    jump: Server, empty_dsn: str, warehouse_dsn: str
) -> None:
    publish_environment({**jump.variables, "DMOB_DATABASE_URL": empty_dsn})
    warehouse = Warehouse(url=warehouse_dsn)
    with dmob_address(get_settings(), warehouse) as dsn:
        port = psycopg.conninfo.conninfo_to_dict(dsn)["port"]
        assert dsn != empty_dsn
        assert _database(dsn) == empty_dsn.rsplit("/", 1)[1]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host=127.0.0.1 port={port} dbname=x", connect_timeout=2)
    with warehouse.connect() as connection:
        rows = connection.execute(
            "select source, ok, breaker, error_message from ops.source_health"
        )
        assert rows.fetchall() == [("dmob_ssh", True, "closed", None)]


def test_without_an_ssh_server_the_source_is_named_directly(
    empty_dsn: str, warehouse_dsn: str
) -> None:
    publish_environment({"DMOB_DATABASE_URL": empty_dsn})
    with dmob_address(get_settings(), Warehouse(url=warehouse_dsn)) as dsn:
        assert dsn == empty_dsn


def test_a_line_that_broke_is_opened_anew(stand_in: Server, empty_dsn: str) -> None:
    health: list[SourceHealth] = []
    with tunnel(empty_dsn, health) as line:
        first = line.address()
        assert line.address() == first
        assert line._process is not None
        line._process.kill()
        line._process.wait()
        assert _database(line.address()) == empty_dsn.rsplit("/", 1)[1]
    assert len(stand_in.calls()) == 2
    assert [h.ok for h in health] == [True, True]


def test_a_line_that_broke_in_use_is_told_at_its_end(stand_in: Server, empty_dsn: str) -> None:
    health: list[SourceHealth] = []
    with tunnel(empty_dsn, health) as line:
        assert line._process is not None
        line._process.kill()
        line._process.wait()
    assert [h.ok for h in health] == [True, False]
    assert "broke" in (health[-1].error_message or "")


@pytest.mark.parametrize(
    "words",
    [
        "u@jump.invalid: Permission denied (publickey).",
        "Host key verification failed.",
        'Load key "x": invalid format',
    ],
)
def test_a_refusal_is_final_and_says_why(stand_in: Server, empty_dsn: str, words: str) -> None:
    stand_in.answer(words)
    health: list[SourceHealth] = []
    with pytest.raises(BadConfiguration, match="was refused") as caught:
        tunnel(empty_dsn, health).__enter__()
    assert words in str(caught.value)
    assert len(stand_in.calls()) == 1
    assert [h.ok for h in health] == [False]


def test_a_server_that_is_down_is_tried_again(stand_in: Server, empty_dsn: str) -> None:
    stand_in.answer("ssh: connect to host jump.invalid port 22: Connection refused")
    health: list[SourceHealth] = []
    with pytest.raises(SourceUnavailable, match="Connection refused"):
        tunnel(empty_dsn, health).__enter__()
    assert len(stand_in.calls()) == 2
    assert [h.ok for h in health] == [False]


def test_a_key_given_as_text_is_a_file_for_us_alone_and_gone_afterwards(
    stand_in: Server, empty_dsn: str
) -> None:
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n-----END OPENSSH PRIVATE KEY-----"
    with tunnel(empty_dsn, [], key=SecretStr(key)):
        (call,) = stand_in.calls()
        path = Path(call.split(" -i ")[1].split()[0])
        assert path.read_text() == key + "\n"
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()
    assert "canary" not in call


def test_a_key_whose_line_ends_are_written_as_two_characters_is_the_same_key(
    stand_in: Server, empty_dsn: str
) -> None:
    lines = ["-----BEGIN OPENSSH PRIVATE KEY-----", "canary", "-----END OPENSSH PRIVATE KEY-----"]
    with tunnel(empty_dsn, [], key=SecretStr("\\n".join(lines) + "\\n")):
        (call,) = stand_in.calls()
        assert Path(call.split(" -i ")[1].split()[0]).read_text() == "\n".join([*lines, ""])
    stand_in.answer('Load key "x": canary: Permission denied')
    with pytest.raises(BadConfiguration) as caught:
        tunnel(empty_dsn, [], key=SecretStr("\n".join(lines))).__enter__()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["canary" * 60, "canary", "/nowhere/canary", "~nobody-of-that-name/canary", "can\0ary"]
)
def test_a_key_that_is_neither_text_nor_file_reaches_no_command_line_and_no_message(
    stand_in: Server, empty_dsn: str, key: str
) -> None:
    health: list[SourceHealth] = []
    with pytest.raises(BadConfiguration, match="neither a key's text nor") as caught:
        tunnel(empty_dsn, health, key=SecretStr(key)).__enter__()
    assert "canary" not in f"{caught.value} {health}"
    assert stand_in.calls() == []


def test_a_key_named_by_its_file_is_handed_to_ssh_by_name(
    stand_in: Server, empty_dsn: str, tmp_path: Path
) -> None:
    (tmp_path / "id").write_text("key")
    with tunnel(empty_dsn, [], key=SecretStr(f"{tmp_path}/id")):
        (call,) = stand_in.calls()
    assert f" -i {tmp_path}/id " in call


def test_the_server_s_key_is_always_verified_and_nobody_is_asked(
    stand_in: Server, empty_dsn: str
) -> None:
    with tunnel(empty_dsn, [], known_hosts=Path("/nowhere/known")):
        (call,) = stand_in.calls()
    for option in (
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "ExitOnForwardFailure=yes",
        "ServerAliveInterval=15",
        "UserKnownHostsFile=/nowhere/known",
    ):
        assert f"-o {option}" in call
    assert call.endswith(" -- jump.invalid")


def test_without_ssh_on_the_machine_one_sentence_says_so(
    empty_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadConfiguration, match="ssh is not installed"):
        tunnel(empty_dsn, []).__enter__()


@pytest.mark.parametrize(
    "dsn", ["postgresql:///dmob", "host=/run/postgresql dbname=dmob", "postgresql://a,b/dmob"]
)
def test_a_source_without_one_host_cannot_be_forwarded(dsn: str) -> None:
    with pytest.raises(BadConfiguration, match="one host name or address"):
        tunnel(dsn, []).__enter__()


def test_the_name_of_the_source_stays_for_its_certificate(stand_in: Server, empty_dsn: str) -> None:
    named = empty_dsn.replace("127.0.0.1", "localhost")
    with tunnel(named, []) as line:
        parts = psycopg.conninfo.conninfo_to_dict(line.address())
    assert (parts["host"], parts["hostaddr"]) == ("localhost", "127.0.0.1")
