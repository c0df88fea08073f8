"""The bench runs to its end on little data and reports every figure; bars mean nothing here."""

from __future__ import annotations

from typing import Any

import pytest

from bench.__main__ import Place, measure
from bench.report import bars, render
from bench.scales import SMALL
from bench.statements import all_statements
from cdp_assets.settings import PROJECT_ROOT
from resources.postgres.embedded_postgres import EmbeddedServer

pytestmark = [pytest.mark.integration, pytest.mark.long]
# Process starts are measured by themselves, and DuckDB is not among the tests' packages.
RUN_HERE = ("landing", "reports", "ticks", "reference")


@pytest.fixture(scope="module")
def figures(
    server: EmbeddedServer, ready_template: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT_ROOT)
        found: dict[str, Any] = {}
        measure(found, SMALL, Place(server, ready_template, folder), RUN_HERE)
        return found


def test_every_deal_table_equals_its_reference_statement_after_a_tick(
    figures: dict[str, Any],
) -> None:
    (size,) = figures["sizes"]
    assert size["unequal"] == []
    assert set(size["reference"]) == {statement.table for statement in all_statements()}
    assert all(statement["seconds"] > 0 for statement in size["reference"].values())


def test_a_tick_makes_the_ended_hour_the_running_ones_and_every_unpartitioned_table(
    figures: dict[str, Any],
) -> None:
    (size,) = figures["sizes"]
    # two hours, the day, the week; pair totals, snapshots and tables by piece are one each
    assert size["tick"]["partitions"] == 7
    assert size["tick"]["runs"] == 7
    assert (size["backfill_runs"], size["backfill_partitions"]) == (1, SMALL.backfill_hours)


def test_every_table_of_the_history_has_its_seconds(figures: dict[str, Any]) -> None:
    (size,) = figures["sizes"]
    timed = [name for step in size["rebuild"].values() for name in step["tables"]]
    named = {table for name in timed for table in name.split(" + ")}
    assert {statement.table for statement in all_statements()} <= named


def test_reports_take_as_many_statements_for_many_clients_as_for_few(
    figures: dict[str, Any],
) -> None:
    reports = figures["reports"]
    assert [run["client_reports"] for run in reports["runs"]] == [40, 40]
    assert [run["allocator_reports"] for run in reports["runs"]] == [4, 4]
    assert [run["statements"] for run in reports["runs"]] == reports["statements_of_few"]
    assert 0 < reports["peak_mb"] < 350


def test_what_was_measured_is_in_the_report_with_its_bar(figures: dict[str, Any]) -> None:
    text = render({**figures, "command": "python -m bench"})
    names = [bar.name for bar in bars(figures)]
    assert [name for name in names if name not in text] == []
    for part in ("tick", "COPY", "reports"):
        assert any(part in name for name in names), part
    assert figures["landing"]["rows"] == SMALL.landing_rows
    assert "DuckDB, s" in text
