"""Invariants across tables (compliance §13): kept by what the product makes, and each breakable."""

from __future__ import annotations

import re

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.quality import invariants
from cdp_assets.quality.closed_day import closed_day
from resources.postgres.warehouse import Warehouse
from simulator.dmob.worked_example import NOW
from tests.integration.quality.plans import plan_of

pytestmark = pytest.mark.integration

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
DAY = closed_day(NOW)
# What breaks each check, and the first sample that names it.
BREAKS = {
    "filplus/client_provider_distribution:pairs_equal_their_hours": (
        "update filplus.unified_verified_deal_hourly set total_deal_size = total_deal_size + 1 "
        "where hour = '2024-03-01 00:00' and provider = 'f0200'",
        {"client": "f0100", "provider": "f0200", "bytes_by_hour": "65", "bytes_by_pair": "64"},
    ),
    "filplus/unified_verified_deal_hourly:hours_not_in_future": (
        "update filplus.unified_verified_deal_hourly set hour = '2024-03-15 13:00' "
        "where hour = '2024-03-01 00:00'",
        {"hour": "2024-03-15 13:00:00", "rows": "1"},
    ),
    "filplus/unified_verified_deal_hourly:newest_hour_is_recent": (
        "update ops.asset_partition_status set row_count = null "
        "where asset_key = 'filplus/unified_verified_deal_hourly' "
        "and window_start > '2024-03-15 08:00Z'",
        {"newest_hour": "2024-03-15 08:00:00"},
    ),
    "filplus/clients_stats_daily:one_row_set_per_day": (
        "insert into filplus.clients_stats_daily values ('2024-03-14 09:30', 0, 0, 0)",
        {"key": "all", "found": "2024-03-14 09:30:00"},
    ),
    "filplus/provider_url_finder_retrievability_daily:one_row_set_per_day": (
        "insert into filplus.provider_url_finder_retrievability_daily "
        "values ('2024-03-14 00:00:01', 'f0200', 1)",
        {"key": "f0200", "found": "2024-03-14 00:00:01"},
    ),
    "filplus/allocator_client_stats_daily:one_row_set_per_day": (
        "update ops.asset_partition_status set partition_key = '2024-03-13', "
        "window_start = '2024-03-13Z', window_end = '2024-03-14Z' "
        "where asset_key = 'filplus/allocator_client_stats_daily'",
        {"key": "", "found": "nothing was built for 2024-03-14"},
    ),
    "filplus/ipni_reporting_daily:one_row_set_per_day": (
        "insert into filplus.ipni_reporting_daily values ('2024-03-14 01:00', 1, 1, 1, 3)",
        {"key": "all", "found": "2024-03-14 01:00:00"},
    ),
    "filplus/client_provider_distribution:every_provider_is_known": (
        "delete from filplus.provider where id = 'f0200'",
        {"provider": "f0200", "clients": "2"},
    ),
    "filplus/client_allocator_distribution_weekly:every_granting_allocator_is_known": (
        "delete from filplus.allocator where id = 'f0301'",
        {"allocator": "f0301", "weeks_and_clients": "1"},
    ),
    "filplus/allocator_compliance_weekly:allocators_not_metaallocators": (
        "update filplus.allocator set is_metaallocator = true where id = 'f0300'; "
        "insert into filplus.allocator_compliance_weekly select week, allocator, true, true, true, "
        "1, 0, 0, 0, 0, 50, 'nonCompliant', 1 from (values (timestamp '2100-01-04', 'f0300'), "
        "('2100-01-04', 'f0301'), ('2099-12-28', 'f0300')) v (week, allocator)",
        {"allocator": "f0300", "rows_of_newest_week": "1"},
    ),
    "filplus/allocator_sps_compliance_weekly:allocators_not_metaallocators": (
        "update filplus.allocator set is_metaallocator = true where id = 'f0300'; "
        "insert into filplus.allocator_sps_compliance_weekly select '2100-01-04', allocator, "
        "'all', true, true, true, 1, 0, 0, 0, 0, 1 from (values ('f0300'), ('f0999')) "
        "v (allocator)",
        {"allocator": "f0300", "rows_of_newest_week": "1"},
    ),
}
OF_REPORTS = {
    "filplus/allocator_report:every_registered_allocator_has_the_newest_report",
    "filplus/allocator_report_scoring_result:a_report_has_all_components_or_none",
}
BY_NAME = {f"{check.asset_key}:{check.name}": check for check in invariants.CHECKS}


def test_every_claim_has_something_that_breaks_it() -> None:
    assert {*BREAKS, *OF_REPORTS} == set(BY_NAME)


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_what_the_product_makes_keeps_a_claim_until_it_is_broken(
    built: Warehouse, name: str
) -> None:
    check = BY_NAME[name]
    _know_allocators(built)
    with built.connect(autocommit=True) as connection:
        kept = evaluate(connection, check, DAY.values())
        assert (kept.passed, kept.metadata["failing_rows"].value) == (True, 0)
        assert kept.metadata["samples"].value == []
    statement, sample = BREAKS[name]
    with psycopg.connect(built.url) as owner:
        owner.execute(statement)
    with built.connect(autocommit=True) as connection:
        broken = evaluate(connection, check, DAY.values())
        assert (broken.passed, broken.severity) == (False, check.severity)
        assert broken.description.startswith("1 row breaks the rule. ")
        assert check.meaning in broken.description
        first = broken.metadata["samples"].value[0]
        assert {key: first[key] for key in sample} == sample
        assert len(connection.execute(_sql(broken)).fetchall()) == 1


def test_many_breaches_are_counted_and_five_are_shown(built: Warehouse) -> None:
    with psycopg.connect(built.url) as owner:
        owner.execute(
            "insert into filplus.client_provider_distribution "
            "select 'f0100', 'f0' || n, 1, 1, 1 from generate_series(900, 906) n"
        )
    check = BY_NAME["filplus/client_provider_distribution:every_provider_is_known"]
    with built.connect(autocommit=True) as connection:
        broken = evaluate(connection, check, DAY.values())
    assert broken.metadata["failing_rows"].value == 7
    assert [row["provider"] for row in broken.metadata["samples"].value] == [
        "f0900",
        "f0901",
        "f0902",
        "f0903",
        "f0904",
    ]


def test_tables_that_wait_to_be_made_again_are_a_warning_and_not_an_error(
    built: Warehouse,
) -> None:
    check = BY_NAME["filplus/client_provider_distribution:pairs_equal_their_hours"]
    with psycopg.connect(built.url) as owner:
        owner.execute("update filplus.client_provider_distribution set claims_count = 9")
        owner.execute(
            "update ops.changed_hours set version = version + 1 where hour = '2024-03-01 01:00Z'"
        )
    with built.connect(autocommit=True) as connection:
        waiting = evaluate(connection, check, DAY.values())
        assert (waiting.passed, waiting.severity) == (False, WARN)
        assert "1 hour waits for deals that arrived late" in (waiting.description or "")


def test_a_registered_allocator_without_the_newest_report_is_named(built: Warehouse) -> None:
    check = BY_NAME["filplus/allocator_report:every_registered_allocator_has_the_newest_report"]
    with psycopg.connect(built.url) as owner:
        for allocator in ("f0300", "f0301"):
            _register(owner, allocator)
    assert _evaluate(built, check).passed, "nothing was reported yet"
    with psycopg.connect(built.url) as owner:
        _report(owner, "00000000-0000-5000-8000-000000000001", "f0300", "2024-03-15")
        _report(owner, "00000000-0000-5000-8000-000000000002", "f0301", "2024-03-14")
    found = _evaluate(built, check)
    assert not found.passed
    assert [row["allocator_id"] for row in found.metadata["samples"].value] == ["f0301"]


@pytest.mark.parametrize(
    ("data_type", "components", "passed"),
    [
        ("openData", 8, True),
        ("openData", 7, False),
        ("enterprise", 6, True),
        ("enterprise", 8, False),
        ("openData", 0, True),
    ],
)
def test_a_report_has_eight_components_or_six_or_none(
    built: Warehouse, data_type: str, components: int, passed: bool
) -> None:
    check = BY_NAME["filplus/allocator_report_scoring_result:a_report_has_all_components_or_none"]
    report = "00000000-0000-5000-8000-000000000001"
    with psycopg.connect(built.url) as owner:
        _report(owner, report, "f0300", "2024-03-15")
        owner.execute(
            "insert into filplus.allocator_report_scoring_result (id, allocator_report_id, "
            "create_date, score, metric, metric_name, metric_description, metric_value, "
            "metric_value_min, metadata) select gen_random_uuid(), %s, '2024-03-15', 1, 'm' || n, "
            "'', '', 0, 0, '{}' from generate_series(1, %s::integer) n",
            [report, components],
        )
        owner.execute(
            "insert into filplus.allocator_score_explained select %s, 'f0300', '2024-03-15', %s, "
            "'m' || n, 'measured', 0, 1, null, null, 1, 1, 1, 1, null, '{}', '{}', 1, '1' "
            "from generate_series(1, %s::integer) n",
            [report, data_type, components],
        )
    assert _evaluate(built, check).passed is passed


def _evaluate(warehouse: Warehouse, check: SqlCheck) -> dg.AssetCheckResult:
    with warehouse.connect(autocommit=True) as connection:
        return evaluate(connection, check, DAY.values())


def _know_allocators(warehouse: Warehouse) -> None:
    """The worked example has grants of allocators that its source does not list."""
    with psycopg.connect(warehouse.url) as owner:
        owner.execute(
            "insert into filplus.allocator values ('f0300', 'a', null, false, false), "
            "('f0301', 'b', null, false, false) "
            "on conflict do nothing"
        )


def _register(owner: psycopg.Connection, allocator: str) -> None:
    owner.execute(
        "insert into filplus.allocator_registry (allocator_id, allocator_address, json_path, "
        "registry_info, data_type, audits, blob_sha) "
        "values (%s, 'f2' || %s, 'Allocators/1.json', '{}', 'openData', '[]', 'x')",
        [allocator, allocator],
    )


def _report(owner: psycopg.Connection, report: str, allocator: str, day: str) -> None:
    owner.execute(
        "insert into filplus.allocator_report (id, create_date, allocator, multisig, "
        "clients_number, data_types, audit, is_metaallocator, report_day, rule_version, "
        "code_version, inputs_hash, input_watermarks) "
        "values (%s, %s, %s, false, 0, '{}', '{}', false, %s, 1, '1', 'x', '{}')",
        [report, day, allocator, day],
    )


def _sql(found: dg.AssetCheckResult) -> bytes:
    """The statement that the check shows."""
    text = found.metadata["sql"].value
    matched = re.fullmatch(r"```sql\n(.*)\n```", text, re.DOTALL)
    assert matched is not None
    return matched[1].encode()


@pytest.mark.parametrize(
    "name",
    [
        "filplus/unified_verified_deal_hourly:hours_not_in_future",
        "filplus/allocator_client_stats_daily:one_row_set_per_day",
    ],
)
def test_a_claim_about_a_day_does_not_read_the_history(built: Warehouse, name: str) -> None:
    check = BY_NAME[name]
    table = check.asset_key.replace("/", ".")
    with psycopg.connect(built.url, autocommit=True) as owner:
        owner.execute(
            "insert into filplus.unified_verified_deal_hourly "
            "select timestamp '2024-02-19' + n * interval '1 minute', 'f0900', 'f0900', 1, 0, 1, 0 "
            "from generate_series(1, 20000) n"
        )
        owner.execute(
            "insert into filplus.allocator_client_stats_daily "
            "select 'f0' || n, timestamp '2024-01-01' + d * interval '1 day', 1, 0, null "
            "from generate_series(1000, 1999) n cross join generate_series(1, 20) d"
        )
        owner.execute(f"analyze {table}".encode())
    with built.connect(autocommit=True) as connection:
        nodes = plan_of(connection, check.broken, DAY.values())
    read = [n for n in nodes if n.get("Relation Name") == table.split(".")[1]]
    assert read
    assert [n["Node Type"] for n in read if n["Node Type"] == "Seq Scan"] == []
