"""Checks of report tables: each finds the rows that break it, in its day only."""

from __future__ import annotations

import re
from datetime import timedelta

import dagster as dg
import pytest

from cdp_assets.filplus.reports.report_checks import CHECKS, run_check
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.filplus.scoring.rules import load_rules
from tests.integration.filplus.report_world import NOW, ReportWorld

pytestmark = pytest.mark.integration
RULES = load_rules().versions[0]
TABLES = {table.name: table for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES)}
FORGERIES = {
    "client_report":
        "delete from filplus.client_report_check_result where \"check\" = 'INACTIVITY'",
    "client_report_storage_provider_distribution":
        "update {} set unique_data_size = total_deal_size + 1",
    "client_report_storage_provider_distribution_location":
        "update {} set city = null, region = null, country = null, loc = null",
    "client_report_replica_distribution": "update {} set percentage = 100.01",
    "client_report_cid_sharing": "update {} set unique_cid_count = 0",
    "client_report_check_result": "update {} set metadata = '{{}}'",
    "allocator_report": "update {} set clients_number = clients_number + 1",
    "allocator_report_client": "update {} set total_allocations = total_allocations + 1",
    "allocator_report_client_replica_distribution": "update {} set num_of_replicas = -1 "
        "where num_of_replicas = 1",
    "allocator_report_client_cid_sharing": "update {} set total_deal_size = 0",
    "allocator_report_client_allocation": "update {} set timestamp = '2030-01-01' "
        "where allocation_number = 1",
    "allocator_report_storage_provider_distribution":
        "update {} set retrievability_success_rate_url_finder = 1.01",
    "allocator_report_storage_provider_distribution_location":
        "update {} set city = null, region = null, country = null, loc = null",
    "allocator_report_check_result": "delete from {} where \"check\" in "
        "('INACTIVITY', 'MULTIPLE_ALLOCATORS')",
    "allocator_report_scoring_result": "update {} set score = 1000",
    "allocator_report_scoring_result_range": "update {} set metric_value_min = 1e9",
    "allocator_score_explained": "update {} set largest_points = largest_points + 1",
}  # fmt: skip


def check(world: ReportWorld, table: str, days_later: int = 0) -> dg.AssetCheckResult:
    day = (NOW + timedelta(days=days_later)).date().isoformat()
    return run_check(world.connection, TABLES[table], day, RULES.checks, RULES.version)


def test_every_table_has_a_check_and_every_check_a_forgery() -> None:
    assert set(CHECKS) == set(TABLES) == set(FORGERIES)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_night_passes_and_a_forged_row_is_found_with_samples(
    night_world: ReportWorld, table: str
) -> None:
    good = check(night_world, table)
    assert (good.passed, good.metadata["failing_rows"].value) == (True, 0)
    statement = FORGERIES[table].format(f"filplus.{table}")
    target = statement.split(" set ")[0].split(" where ")[0].split(".")[-1]
    night_world.connection.execute(f"alter table filplus.{target} disable trigger refuse_change")
    night_world.connection.execute(statement)
    bad = check(night_world, table)
    assert not bad.passed
    assert bad.severity is dg.AssetCheckSeverity.ERROR
    assert bad.metadata["failing_rows"].value >= 1
    assert 1 <= len(bad.metadata["samples"].value) <= 5
    assert re.match(
        r"(1 row of \S+ breaks|\d+ rows of \S+ break) the rule\.", bad.description or ""
    )
    assert check(night_world, table, days_later=1).passed
