"""Stored scores computed again from stored rows, and compared between versions (G-04, G-05)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cdp_assets.cli.app import app
from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.filplus.reports.score_recomputation import reproduce_scores, score_diff
from cdp_assets.filplus.scoring.rules import FILE, load_rules
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.filplus.conftest import copied_world, read_world
from tests.integration.filplus.report_world import NOW, ReportWorld, two_versions

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def two_nights(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of a warehouse with the reports of two nights; nobody writes it."""
    for dsn in fresh_database(server, ready_template):
        with ReportWorld.empty(dsn) as made:
            made.standard()
            made.night(now=NOW - timedelta(days=1))
            made.night()
        yield dsn


@pytest.fixture
def stored(two_nights: str) -> Iterator[ReportWorld]:
    """That warehouse for a test that reads; the database refuses to write."""
    yield from read_world(two_nights)


@pytest.fixture
def copied(server: EmbeddedServer, two_nights: str) -> Iterator[ReportWorld]:
    """A copy of that warehouse for a test that goes on from there."""
    yield from copied_world(server, two_nights)


def test_every_stored_score_is_reproduced_exactly(stored: ReportWorld) -> None:
    found = reproduce_scores(stored.connection, load_rules())
    assert (found.reports, found.scores, found.differences) == (6, 44, [])


def test_inputs_that_changed_since_do_not_matter(copied: ReportWorld) -> None:
    copied.connection.execute(
        "update filplus.client_provider_distribution set unique_data_size = 1"
    )
    copied.connection.execute("delete from filplus.cid_sharing")
    assert reproduce_scores(copied.connection, load_rules(), day=NOW.date()).differences == []


def test_one_allocator_and_one_day_can_be_asked_for(stored: ReportWorld) -> None:
    by_id = reproduce_scores(stored.connection, load_rules(), day=NOW.date(), allocator="f0302")
    by_address = reproduce_scores(stored.connection, load_rules(), allocator="f2f0302")
    assert (by_id.reports, by_id.scores, by_address.reports) == (1, 6, 2)


def test_nothing_stored_is_said_in_words(stored: ReportWorld) -> None:
    with pytest.raises(MissingUpstream, match="no stored report has a score"):
        reproduce_scores(stored.connection, load_rules(), allocator="f0999")


def test_a_forged_figure_is_found(copied: ReportWorld) -> None:
    copied.connection.execute(
        "alter table filplus.allocator_report_scoring_result disable trigger refuse_change"
    )
    copied.connection.execute(
        "update filplus.allocator_report_scoring_result set metric_value = metric_value + 0.01 "
        "where metric = 'CID_SHARING' and allocator_report_id = ("
        "select id from filplus.allocator_report where allocator = 'f0300' "
        "and report_day = '2026-03-15')"
    )
    (difference,) = reproduce_scores(copied.connection, load_rules()).differences
    assert difference[1:4] == ("f0300", "CID_SHARING", "metric_value")
    assert (difference.stored, difference.computed) == (50.01, 50.0)


def test_a_changed_rule_is_found_as_a_difference(stored: ReportWorld, tmp_path: Path) -> None:
    path = tmp_path / "scoring_rules.yaml"
    text = FILE.read_text(encoding="utf-8")
    path.write_text(text.replace("{at_most: 5, points: 1}", "{at_most: 25, points: 1}"))
    found = reproduce_scores(stored.connection, load_rules(path), day=NOW.date())
    assert {(d.metric, d.value_name) for d in found.differences} == {("DUPLICATED_DATA", "score")}


def test_the_difference_of_two_versions_names_who_moves_and_why(
    stored: ReportWorld, tmp_path: Path
) -> None:
    rules = two_versions(
        tmp_path, "{at_most: 5, points: 1}", "{at_most: 25, points: 1}", "2030-01-01"
    )
    moves = score_diff(stored.connection, rules, 1, 2)
    # Duplicates: f0300 25 %, f0301 10 %, f0302 none.
    columns = ["allocator", "data_type", "component", "value", "points_a", "points_b"]
    assert moves[columns].values.tolist() == [
        ["f0300", "openData", "DUPLICATED_DATA", 25.0, 0, 2],
        ["f0301", "openData", "DUPLICATED_DATA", 10.0, 0, 2],
    ]
    assert (moves["total_b"] - moves["total_a"]).tolist() == [2, 2]
    assert moves.dtypes[["value", "points_a", "total_a"]].astype(str).tolist() == [
        "Float64",
        "Int64",
        "Int64",
    ]


def test_a_component_that_one_version_does_not_count_is_null_there_and_moves_the_total(
    stored: ReportWorld, tmp_path: Path
) -> None:
    rules = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    (first,) = rules["versions"]
    metrics = [metric for metric in first["metrics"] if metric["code"] != "CID_SHARING"]
    second = {
        **first,
        "version": 2,
        "effective_from": date(2030, 1, 1),
        "metrics": metrics,
        "maximum": {"openData": 42, "enterprise": 18},
    }
    path = tmp_path / "scoring_rules.yaml"
    text = json.dumps({"versions": [first, second]}, default=str)  # YAML without anchors
    path.write_text(text, encoding="utf-8")
    moves = score_diff(stored.connection, load_rules(path), 1, 2)
    assert set(moves["component"]) == {"CID_SHARING"}
    assert moves["points_b"].isna().all()
    assert (moves["total_a"] - moves["total_b"]).tolist() == moves["points_a"].tolist()


def test_equal_versions_move_nobody_and_an_unknown_one_is_refused(stored: ReportWorld) -> None:
    assert score_diff(stored.connection, load_rules(), 1, 1).empty
    with pytest.raises(BadConfiguration, match="no such version"):
        score_diff(stored.connection, load_rules(), 1, 7)


def test_the_commands_print_what_differs_and_end_with_one_if_something_does(
    copied: ReportWorld, tmp_path: Path
) -> None:
    copied.connection.commit()
    publish_environment({"DATABASE_URL": copied.dsn, "CDP_STATE_DIR": str(tmp_path)})
    day = NOW.date().isoformat()
    good = CliRunner().invoke(app, ["reproduce-score", "--date", day])
    assert good.exit_code == 0
    assert "22 scores of 3 reports recomputed; differences: 0" in good.output
    nobody = CliRunner().invoke(app, ["score-diff", "1", "1"])
    assert nobody.exit_code == 0
    assert "allocators that change between version 1 and 1: 0" in nobody.output
    copied.connection.execute(
        "alter table filplus.allocator_report_scoring_result disable trigger refuse_change"
    )
    copied.connection.execute(
        "update filplus.allocator_report_scoring_result set score = score + 1"
    )
    copied.connection.commit()
    bad = CliRunner().invoke(app, ["reproduce-score", "--date", day, "--allocator", "f0302"])
    assert bad.exit_code == 1
    assert "6 scores of 1 report recomputed; differences: 6" in bad.output
    assert "CID_SHARING score: stored" in bad.output
