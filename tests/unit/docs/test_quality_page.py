"""The page of data quality names the checks that there are, and every one that it must."""

from __future__ import annotations

import re

import dagster as dg

from cdp_assets.quality import invariants, source_warnings
from cdp_assets.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs/reference/quality.md").read_text()
INVARIANTS, WARNINGS = PAGE.split("## Invariants")[1], PAGE.split("## Warnings of the source")[1]


def _rows(text: str) -> list[str]:
    return re.findall(r"^\| (?!No\.|Check|---).*$", text, re.MULTILINE)


def test_every_check_on_the_page_exists(defs: dg.Definitions) -> None:
    keys = defs.resolve_asset_graph().asset_check_keys
    # A daily check begins with its table's name, since it stands on the asset of a group.
    there = {name for key in keys for name in (key.name, key.name.partition("__")[2])}
    named = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`", "\n".join(_rows(PAGE))))
    assert named
    assert named - there == set()


def test_all_fourteen_invariants_have_a_check() -> None:
    rows = _rows(INVARIANTS.split("## Suites")[0])
    assert [row.split("|")[1].strip() for row in rows] == [str(n) for n in range(1, 15)]
    assert [row for row in rows if "`" not in row] == []


def test_the_page_names_every_claim_of_the_daily_job() -> None:
    assert [check.name for check in invariants.CHECKS if f"`{check.name}`" not in PAGE] == []


def test_the_page_lists_every_warning_with_its_table() -> None:
    expected = {(check.name, check.asset_key) for check in source_warnings.CHECKS}
    expected |= {(each.name, each.asset_key) for each, _ in source_warnings.DEAL_WARNINGS}
    listed = re.findall(r"^\| `(\w+)` \| `([\w/]+)` \|", WARNINGS, re.MULTILINE)
    assert sorted(listed) == sorted(expected)
