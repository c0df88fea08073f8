"""The file of suites: bounded queries, unique names, and words where it is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.quality.closed_day import closed_day
from cdp_assets.quality.suites import Suite, load_suites
from cdp_assets.settings import PROJECT_ROOT

DAY = closed_day(datetime(2026, 8, 12, 7, tzinfo=UTC))  # a Wednesday
# One row per person, pair or allocator: thousands, read whole each day.
SMALL = {
    "raw_dmob.verifier",
    "raw_dmob.verifier_allowance",
    "raw_dmob.verified_client",
    "raw_dmob.verified_client_allowance",
    "raw_dmob.unique_providers",
    "raw_dmob.client_contract",
    "filplus.client_provider_distribution",
    "filplus.client_replica_distribution",
    "filplus.cid_sharing",
    "filplus.old_datacap_balance_nv22",
    "filplus.old_datacap_client_balance_nv22",
    "filplus.allocator",
    "filplus.client",
    "filplus.client_datacap_allocation",
    "filplus.provider",
    "filplus.provider_first_client",
    "filplus.allocator_registry",
    "filplus.allocator_registry_archive",
}


def _suite(**changes: object) -> Suite:
    fields = {
        "table": "filplus.some",
        "key": ["hour"],
        "expectations": [
            {
                "name": "sizes_are_there",
                "expect": "expect_column_values_to_not_be_null",
                "arguments": {"column": "size"},
                "meaning": "Every hour has a size.",
            }
        ],
    }
    return Suite.model_validate({**fields, **changes})


@pytest.mark.parametrize(
    ("window", "condition"),
    [
        (None, ""),
        (
            {"column": "hour", "span": "day"},
            " where hour >= timestamp '2026-08-11' and hour < timestamp '2026-08-12'",
        ),
        (
            {"column": "hour", "span": "week"},
            " where hour >= timestamp '2026-08-03' and hour < timestamp '2026-08-10'",
        ),
        (
            {"column": "hour", "span": "newest"},
            " where hour > (select max(hour) - 131072 from filplus.some)",
        ),
    ],
    ids=["whole", "the closed day", "the last closed week", "the newest ids"],
)
def test_a_query_reads_no_more_than_its_window(window: object, condition: str) -> None:
    assert _suite(window=window).query(DAY) == f"select hour, size from filplus.some{condition}"


def test_on_a_monday_the_week_that_ended_at_midnight_is_the_last_closed_one() -> None:
    monday = closed_day(datetime(2026, 8, 10, 7, tzinfo=UTC))
    query = _suite(window={"column": "hour", "span": "week"}).query(monday)
    assert "timestamp '2026-08-03' and hour < timestamp '2026-08-10'" in query


def test_only_small_tables_are_read_whole() -> None:
    assert {suite.table for suite in load_suites() if suite.window is None} == SMALL


def test_every_landed_relation_and_every_mart_of_dbt_has_a_suite() -> None:
    marts = (PROJECT_ROOT / "dbt_project/models/marts/filplus").glob("*.sql")
    tables = {suite.table for suite in load_suites()}
    assert {f"filplus.{mart.stem}" for mart in marts} <= tables
    assert len([table for table in tables if table.startswith("raw_dmob.")]) == 8


def test_a_wrong_place_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "suites.yaml"
    file.write_text(
        "- table: filplus.some\n  key: [hour]\n  expectations:\n"
        "    - {name: a, expect: expect_x, arguments: {}, meaning: 'Words for people.', hint: no}\n"
    )
    with pytest.raises(BadConfiguration, match=r"expectations\.0\.hint"):
        load_suites(file)


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "suites.yaml"
    one = "{name: a, expect: expect_x, arguments: {}, meaning: 'Words for people.'}"
    file.write_text(
        f"- table: filplus.some\n  key: [hour]\n  expectations:\n    - {one}\n    - {one}\n"
    )
    with pytest.raises(BadConfiguration, match="twice: filplus.some a"):
        load_suites(file)


def test_the_definitions_of_the_checks_do_not_load_great_expectations() -> None:
    code = (
        "import sys; import cdp_assets.definitions;"
        "print(int(any(m.split('.')[0] in ('great_expectations', 'pandas') for m in sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.stdout.strip() == "0"
