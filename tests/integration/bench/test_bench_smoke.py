"""The bench runs to its end on little data and reports every figure; bars mean nothing here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.report import BEGIN, END, bars, render, write_page
from cdp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.integration


def test_a_small_bench_reports_every_figure_and_its_tables_are_right(tmp_path: Path) -> None:
    report = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench", "--small", "--json", str(report)],
        check=False, capture_output=True, text=True, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert len(bars(figures)) == 10
    assert render(figures).strip() == done.stdout.strip()
    large = figures["sizes"][-1]
    assert large["is_equal"]
    assert (large["backfill_runs"], large["backfill_partitions"]) == (1, 168)
    assert large["tick"]["partitions"] == 3  # the ended hour, the running hour, the current week
    assert not figures["starts"]["imports_great_expectations"]
    assert figures["landing"]["rows"] == 20_000
    assert all(statement["seconds"] > 0 for statement in large["reference"].values())


def test_the_measured_part_of_a_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(page, "new\n")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no lines"):
        write_page(page, "new\n")
