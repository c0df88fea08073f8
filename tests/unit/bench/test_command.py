"""What ``python -m bench`` refuses at once, before half an hour is lost."""

from __future__ import annotations

import importlib.util
import shutil
from types import SimpleNamespace

import pytest

from bench.__main__ import PARTS, main, parser


def test_all_parts_run_unless_some_are_named() -> None:
    assert parser().parse_args([]).parts.split(",") == list(PARTS)
    assert parser().parse_args(["--scale", "small", "--parts", "reports"]).parts == "reports"


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(SystemExit, match="unknown parts: tick;"):
        main(["--parts", "tick"])


def test_duckdb_is_not_measured_without_what_it_is_compared_with() -> None:
    with pytest.raises(SystemExit, match="name both"):
        main(["--parts", "duckdb"])


def test_without_duckdb_its_part_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="make bench"):
        main(["--parts", "ticks,duckdb"])


def test_too_small_a_disk_is_told_before_anything_is_generated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
    with pytest.raises(SystemExit, match="40 GB are needed"):
        main(["--parts", "ticks"])
