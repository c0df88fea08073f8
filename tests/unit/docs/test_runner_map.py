"""The page that maps the live platform's runners to our assets names each of them once."""

from __future__ import annotations

import re

import pytest

from cdp_assets.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs/reference/runner_map.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Jobs apart")[0].splitlines()
    if re.match(r"\| [A-Z]\w+ \|", line) and not line.startswith("| Runner ")
]
MODELS = {p.stem for p in (PROJECT_ROOT / "dbt_project/models/marts/filplus").glob("*.sql")}


def test_thirty_runners_are_on_the_page_each_once() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) == 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_runner_says_its_asset_partition_time_and_what_changed(row: list[str]) -> None:
    runner, asset, partition, made, changed = row
    if asset == "none":
        assert f"`{runner}`" in PAGE.split("## Left out")[1]
    else:
        assert partition in ("whole", "hour", "day", "week")
        assert made
    assert len(changed.split()) >= 3


def test_every_mart_of_ours_stands_for_a_runner_or_is_named_beside_one() -> None:
    own = {name for name in MODELS if f"filplus/{name}`" not in PAGE}
    assert own == set()
