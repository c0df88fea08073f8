"""The file of rules: what it says now, how a mistake is reported, which version holds when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.scoring.rules import FILE, load_rules

RULES = load_rules().versions[-1]


def _changed(folder: Path, old: str, new: str, count: int = 1) -> Path:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = folder / "scoring_rules.yaml"
    path.write_text(text.replace(old, new, count), encoding="utf-8")
    return path


def _second_version(folder: Path, number: int, since: str) -> Path:
    text = FILE.read_text(encoding="utf-8")
    head, body = text.split("versions:\n")
    later = body.replace("version: 1", f"version: {number}").replace("2024-03-01", since)
    path = folder / "scoring_rules.yaml"
    path.write_text(f"{head}versions:\n{body}\n{later}", encoding="utf-8")
    return path


def test_the_maxima_are_48_and_24() -> None:
    assert RULES.largest_total("openData") == 48
    assert RULES.largest_total("enterprise") == 24


def test_open_data_has_eight_metrics_and_enterprise_six() -> None:
    weighted = {
        kind: [m.code for m in RULES.metrics if m.weights[kind]]
        for kind in ("openData", "enterprise")
    }
    assert len(weighted["openData"]) == 8
    assert set(weighted["openData"]) - set(weighted["enterprise"]) == {
        "IPNI_REPORTING",
        "URL_FINDER_RETRIEVABILITY",
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("at_least: 50, points: 1", "at_least: 50, point: 1", "unknown key",
                     id="a misspelt key"),
        pytest.param("code: CID_SHARING", "code: CID_SHARE", "scoring_rules.yaml:",
                     id="a metric that nobody computes"),
        pytest.param("        unit: \"%\"\n", "", "the key is missing", id="a missing key"),
        pytest.param("openData: 48", "openData: 47", "the metrics add up to 48, not 47",
                     id="a maximum that is not the sum"),
        pytest.param("code: CID_SHARING", "code: IPNI_REPORTING", "is there twice",
                     id="a metric twice"),
        pytest.param("{above: 55, points: 3}", "{points: 3}", "only that, has no bound",
                     id="a tier that hides the next"),
        pytest.param("{above: 55, points: 3}", "{above: 55, points: 2}", "but the tiers give",
                     id="points that no range has"),
        pytest.param("{openData: 3, enterprise: 3}", "{openData: 3}", "must name",
                     id="a weight for one type only"),
        pytest.param("at_least: 50, points", "at_least: fifty, points", "at_least",
                     id="a text where a number belongs"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_rules(_changed(tmp_path, old, new))
    assert expected in str(caught.value)
    assert "scoring_rules.yaml:" in str(caught.value)


def test_versions_must_ascend(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="must be greater than 1"):
        load_rules(_second_version(tmp_path, 1, "2026-01-01"))


def test_the_version_of_a_day_is_the_newest_in_force(tmp_path: Path) -> None:
    book = load_rules(_second_version(tmp_path, 2, "2026-01-01"))
    assert book.at(date(2025, 12, 31)).version == 1
    assert book.at(date(2026, 1, 1)).version == 2
    assert book.version(1).effective_from == date(2024, 3, 1)


def test_a_day_before_the_first_version_and_an_unknown_version_are_refused() -> None:
    with pytest.raises(BadConfiguration, match="no rules hold yet"):
        load_rules().at(date(2024, 2, 29))
    with pytest.raises(BadConfiguration, match="known: 1"):
        load_rules().version(99)


def test_the_hash_changes_with_a_threshold(tmp_path: Path) -> None:
    changed = load_rules(_changed(tmp_path, "{above: 55, points: 3}", "{above: 56, points: 3}"))
    assert changed.versions[0].content_hash != RULES.content_hash
