"""The simulator as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_prints_its_address_serves_its_world_and_ends_on_sigterm() -> None:
    with _start("--seed", "3", "--as-of", "2026-03-02T12:00:00Z", "--world", "ours") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        for world in (url, f"{url}/ours"):
            found = httpx.get(f"{world}/control/clock")
            assert found.json() == {"now": "2026-03-02T12:00:00Z"}
        for path in ("/another/control/clock", "/ours2/control/clock", "/ours", "/another/solana"):
            assert httpx.get(f"{url}{path}").status_code == 404
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_busy_port_is_one_sentence_and_exit_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with _start("--port", str(port), "--as-of", "2026-03-02T12:00:00Z") as process:
            out, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert out == ""
    assert errors == f"port {port} on 127.0.0.1: Address already in use\n"


@pytest.mark.parametrize(
    "arguments", [[], ["--as-of", "yesterday"], ["--as-of", "2026-03-02T12:00:00"]]
)
def test_a_missing_or_wrong_instant_is_a_usage_error(arguments: list[str]) -> None:
    with _start(*arguments) as process:
        process.communicate(timeout=20)
    assert process.returncode == 2
