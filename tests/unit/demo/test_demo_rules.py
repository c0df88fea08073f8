"""The demo's second version of the rules: one stricter component, the shipped version untouched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cdp_assets.demo.rules import SINCE, write_rules
from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.scoring.rules import FILE, load_rules
from cdp_assets.settings import publish_environment


def test_the_second_version_asks_for_more_clients_and_changes_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "scoring_rules.yaml"
    write_rules(path)
    shipped, book = load_rules(FILE), load_rules(path)
    first, second = book.versions
    assert first.content_hash == shipped.versions[-1].content_hash
    assert (second.version, second.effective_from) == (first.version + 1, SINCE)
    assert book.at(date(2026, 7, 26)) == first
    assert book.at(date(2026, 8, 2)) == second
    changed = {a.code for a, b in zip(first.metrics, second.metrics, strict=True) if a != b}
    assert changed == {"CLIENT_DIVERSITY"}
    same = {"metrics", "version", "effective_from"}
    assert first.model_dump(exclude=same) == second.model_dump(exclude=same)


def test_the_file_is_the_same_text_each_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    write_rules(one)
    write_rules(two)
    write_rules(two)
    assert one.read_bytes() == two.read_bytes()


def test_the_rules_are_those_of_the_file_that_the_settings_name(tmp_path: Path) -> None:
    path = tmp_path / "scoring_rules.yaml"
    write_rules(path)
    assert len(load_rules().versions) == 1
    publish_environment({"CDP_SCORING_RULES_FILE": str(path)})
    assert len(load_rules().versions) == 2
    publish_environment({"CDP_SCORING_RULES_FILE": str(tmp_path / "absent.yaml")})
    with pytest.raises(BadConfiguration, match="absent.yaml: cannot be read"):
        load_rules()
