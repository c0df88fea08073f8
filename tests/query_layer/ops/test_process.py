"""The process: real sockets, one sentence for what keeps it from starting, a clean end."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from query_layer import __main__ as process
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.query_layer.conftest import database_with_mart
from tests.query_layer.warehouse import PATH, Mart, Provider

ROOT = Path(__file__).resolve().parents[3]


def environment(mart: Mart, **variables: str) -> dict[str, str]:
    """Return the environment of a process that reads the mart."""
    ours = {"CDP_QUERY_DATABASE_URL": mart.reader, "CDP_QUERY_PORT": "0"}
    ours["CDP_QUERY_METRICS_PORT"] = "0"
    ours["CDP_QUERY_ANONYMOUS"] = "cdp:read"
    return {"PATH": os.environ["PATH"]} | ours | variables


@contextlib.contextmanager
def started(mart: Mart, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start ``python -m query_layer`` and give it with its address; end it afterwards."""
    child = subprocess.Popen(
        [sys.executable, "-m", "query_layer"],
        cwd=ROOT,
        env=environment(mart, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        for text in child.stdout:
            line = json.loads(text)
            if line["event"] == "service.started":
                yield child, line["context"]["address"]
                break
        else:
            raise AssertionError(child.communicate()[1])
    finally:
        child.terminate()
        child.communicate(timeout=20)


@pytest.fixture
def whole_mart(server: EmbeddedServer, ready_template: str) -> Iterator[Mart]:
    """A mart beside every other served view: a service is ready only if all of them are there."""
    for mart in database_with_mart(server, ready_template):
        mart.write_week([Provider(f"f0{n}") for n in range(60)])
        yield mart


def test_the_service_answers_over_a_socket_and_ends_on_a_signal(whole_mart: Mart) -> None:
    mart = whole_mart
    with started(mart) as (child, address), httpx.Client(base_url=address) as http:
        answer = http.get(PATH)
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.json()["data"]) == 50
        assert http.get(PATH, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
        head = http.head(PATH)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) > 100
        assert http.options(PATH).headers["allow"] == "GET, HEAD, OPTIONS"
        assert http.post(PATH, content=b"{}").status_code == 405
        assert http.post(PATH, content=b"x" * 70_000).status_code == 413
        assert http.get(f"{PATH}?x={'y' * 9_000}").status_code == 414
        assert http.get("/health/ready").status_code == 200
        child.terminate()
        output, errors = child.communicate(timeout=20)
    assert child.returncode == -signal.SIGTERM
    assert errors == ""
    events = [json.loads(line)["event"] for line in output.splitlines()]
    assert events.count("api.request") == 8
    assert "service.stopped" in events


def test_a_request_that_is_no_http_is_refused_and_the_service_goes_on(mart: Mart) -> None:
    with started(mart) as (_, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"NONSENSE\r\n\r\n")
            assert connection.recv(1_000).startswith(b"HTTP/1.1 400")
        assert httpx.get(f"{address}/health/live").status_code == 200


def run_main(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *arguments: str) -> int:
    """Run the entry point in this process with an environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return process.main(arguments)


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was said on standard error, having checked that it is one line."""
    said = capsys.readouterr().err
    assert said.startswith("query_layer: ")
    assert said.count("\n") == 1
    return said


def test_a_missing_setting_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, {}) == 1
    assert "CDP_QUERY_DATABASE_URL is not set" in one_sentence(capsys)


def test_a_busy_port_is_one_sentence(
    mart: Mart, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        variables = environment(mart, CDP_QUERY_PORT=port)
        assert run_main(monkeypatch, variables) == 1
    said = one_sentence(capsys)
    assert f"port {port} on 127.0.0.1 cannot be used (Address already in use" in said
    assert "CDP_QUERY_PORT" in said


def test_a_writing_role_is_one_sentence(
    mart: Mart, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = environment(mart, CDP_QUERY_DATABASE_URL=mart.owner)
    assert run_main(monkeypatch, variables) == 1
    assert "the database role postgres is not a reader" in one_sentence(capsys)


def test_rights_that_cannot_be_asked_are_one_sentence(
    mart: Mart, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("query_layer.read.database.statement", lambda _: "select nonsense")
    assert run_main(monkeypatch, environment(mart)) == 1
    assert "the rights of the database role could not be read" in one_sentence(capsys)


def test_the_settings_can_be_shown(
    mart: Mart, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, environment(mart), "--settings") == 0
    shown = capsys.readouterr().out
    assert "CDP_QUERY_DATABASE_URL=**********" in shown


def test_the_package_can_be_run(
    mart: Mart, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment(mart).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["query_layer", "--settings"])
    monkeypatch.delitem(sys.modules, "query_layer.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("query_layer", run_name="__main__")
    assert ended.value.code == 0
    assert "CDP_QUERY_PORT=0" in capsys.readouterr().out


def test_a_wrong_argument_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        process.main(["--nonsense"])
    assert ended.value.code == 2
    assert "usage: query_layer" in capsys.readouterr().err


@pytest.fixture
def _logging_kept() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.usefixtures("_logging_kept")
@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("info", ["service.started", "api.request", "service.stopped"]),
        ("warning", []),
    ],
)
def test_the_entry_point_serves_until_a_signal_and_logs_what_is_of_its_level(
    mart: Mart,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    level: str,
    said: list[str],
) -> None:
    mart.write_week([Provider("f01")])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    answers: list[int] = []

    def ask_and_end() -> None:
        transport = httpx.HTTPTransport(retries=50)
        with httpx.Client(transport=transport) as http:
            answers.append(http.get(f"http://127.0.0.1:{port}{PATH}").status_code)
        os.kill(os.getpid(), signal.SIGTERM)

    ended: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    asking = threading.Thread(target=ask_and_end)
    asking.start()
    try:
        variables = environment(mart, CDP_QUERY_PORT=str(port), CDP_LOG_LEVEL=level)
        code = run_main(monkeypatch, variables)
    finally:
        asking.join()
        signal.signal(signal.SIGTERM, before)
    assert (code, answers, ended) == (0, [200], [signal.SIGTERM])
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert [event for event in events if event != "log"] == said


@pytest.mark.usefixtures("_logging_kept")
def test_a_service_that_breaks_at_its_start_ends_with_a_sentence(
    mart: Mart, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("between the look and the start")

    monkeypatch.setattr("query_layer.ops.service.Service.start", broken)
    assert run_main(monkeypatch, environment(mart)) == 1
    assert "the service did not start" in one_sentence(capsys)
