"""The command line called in this process, as the `cdp` script calls it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cdp_assets.cli import main
from cdp_assets.settings import publish_environment

_PORTS = ("CDP_UI_PORT", "CDP_CODE_PORT", "CDP_QUERY_PORT", "CDP_SIMULATOR_PORT")


@dataclass(frozen=True)
class Answer:
    """What a command answered: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Cdp = Callable[..., Answer]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder of the test's own that does not exist yet, and free ports, in the settings."""
    folder = tmp_path / "state"
    ports = dict(zip(_PORTS, _free_ports(), strict=True))
    publish_environment({"CDP_STATE_DIR": str(folder), "COLUMNS": "200", **ports})
    return folder


def _free_ports() -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in _PORTS]
    ports = [str(found.getsockname()[1]) for found in sockets]
    for found in sockets:
        found.close()
    return ports


@pytest.fixture
def cdp(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cdp:
    """Call a command with its arguments."""

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["cdp", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        found = capsys.readouterr()
        return Answer(code, found.out, found.err)

    return call
