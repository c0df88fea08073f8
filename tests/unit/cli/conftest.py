"""The command line called in this process, as the `cdp` script calls it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cdp_assets.cli.app import main
from cdp_assets.settings import publish_environment
from tests.ports import free_ports

_PORTS = ("CDP_UI_PORT", "CDP_CODE_PORT", "CDP_QUERY_PORT", "CDP_QUERY_METRICS_PORT",
          "CDP_SIMULATOR_PORT")  # fmt: skip


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
    ports = dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))
    publish_environment({"CDP_STATE_DIR": str(folder), "COLUMNS": "200", **ports})
    return folder


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
