"""Great Expectations on the built tables: bounded, read only, silent, and told in our words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import dagster as dg
import psycopg
import pytest

from cdp_assets.quality.closed_day import ClosedDay, closed_day
from cdp_assets.quality.expectations import validate
from cdp_assets.quality.suites import Suite, load_suites
from cdp_assets.settings import PROJECT_ROOT
from resources.postgres.warehouse import Warehouse
from simulator.dmob.worked_example import NOW
from tests.integration.quality.plans import plan_of

pytestmark = pytest.mark.integration

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
DAY = closed_day(NOW, "2024-03-11")  # a Monday with deals; the week before it has some, too
BY_TABLE = {suite.table: suite for suite in load_suites()}


def _run(
    warehouse: Warehouse, *suites: Suite, day: ClosedDay = DAY
) -> dict[str, dg.AssetCheckResult]:
    return {
        f"{found.asset_key.to_user_string()}:{found.check_name}": found
        for found in validate(warehouse, suites, day)
    }


def test_every_suite_runs_on_the_built_tables_and_what_we_publish_keeps_it(
    built: Warehouse,
) -> None:
    found = _run(built, *load_suites())
    assert len(found) == sum(len(suite.expectations) for suite in load_suites())
    broken = {name: r.description for name, r in found.items() if not r.passed}
    assert {name for name in broken if found[name].severity is ERROR} <= {
        "raw_dmob/verifier:has_rows", "raw_dmob/verified_client:has_rows"
    }, broken  # the worked example has grants and deals, no list of people  # fmt: skip
    assert not [text for text in broken.values() if "Could not be evaluated" in str(text)]
    read = {name.split(":")[0]: r.metadata["rows"].value for name, r in found.items()}
    assert read["filplus/unified_verified_deal_hourly"] == 3, "the three pairs of the closed day"
    assert read["filplus/client_provider_distribution_weekly"] == 1, "the last closed week"


FORGED = {
    "filplus/unified_verified_deal_hourly:clients_are_actor_ids": (
        "update filplus.unified_verified_deal_hourly set client = 'f1abc' "
        "where hour = '2024-03-11 02:00' and client = 'f0101'",
        2,
        {"hour": "2024-03-11 02:00:00", "client": "f1abc", "provider": "f0200"},
    ),
    "filplus/unified_verified_deal_hourly:direct_claims_are_part_of_all": (
        "update filplus.unified_verified_deal_hourly set num_of_ddo_claims = 2 "
        "where hour = '2024-03-11 02:00' and provider = 'f0202'",
        1,
        {"client": "f0101", "provider": "f0202", "num_of_ddo_claims": "2"},
    ),
    "filplus/client_replica_distribution:replicas_count_from_one": (
        "update filplus.client_replica_distribution set num_of_replicas = 0 "
        "where client = 'f0100' and num_of_replicas = 1",
        1,
        {"client": "f0100", "num_of_replicas": "0"},
    ),
    "raw_dmob/verifier:allocator_id_not_null": (
        "insert into raw_dmob.verifier (id, _sync_version) values (900, 1), (901, 1)",
        2,
        {"id": "900", "address_id": None},
    ),
    "raw_dmob/verifier:allocator_ids_are_unique": (
        "insert into raw_dmob.verifier (id, address_id, _sync_version) "
        "values (900, 'f0900', 1), (901, 'f0900', 1)",
        2,
        {"address_id": "f0900"},
    ),
    "raw_dmob/dc_allocation_claim:types_are_known": (
        "insert into raw_dmob.dc_allocation_claim values (900, '100', 'other', 1)",
        1,
        {"id": "900", "type": "other"},
    ),
}


@pytest.mark.parametrize("name", sorted(FORGED))
def test_broken_rows_are_counted_named_and_shown_by_the_sql(built: Warehouse, name: str) -> None:
    statement, failing, sample = FORGED[name]
    with psycopg.connect(built.url) as owner:
        owner.execute(statement)
    suite = BY_TABLE[name.split(":")[0].replace("/", ".")]
    found = _run(built, suite)[name]
    expectation = next(e for e in suite.expectations if e.name == name.split(":")[1])
    assert (found.passed, found.severity.value) == (False, expectation.severity)
    assert found.metadata["failing_rows"].value == failing
    assert str(found.description).startswith(f"{failing} of ")
    assert str(found.description).endswith(expectation.meaning)
    samples = found.metadata["samples"].value
    assert len(samples) == failing
    assert sample.items() <= min(samples, key=str).items()
    with built.connect() as connection:
        assert len(connection.execute(_sql(found)).fetchall()) == failing


def test_rows_outside_the_window_are_not_looked_at(built: Warehouse) -> None:
    with psycopg.connect(built.url) as owner:
        owner.execute("update filplus.unified_verified_deal_hourly set client = 'f1abc'")
    suite = BY_TABLE["filplus.unified_verified_deal_hourly"]
    name = "filplus/unified_verified_deal_hourly:clients_are_actor_ids"
    assert _run(built, suite)[name].metadata["failing_rows"].value == 3
    quiet = closed_day(NOW, "2024-03-10")
    found = _run(built, suite, day=quiet)[name]
    assert (found.passed, found.metadata["rows"].value) == (True, 0)


def test_an_empty_table_that_must_have_rows_fails(built: Warehouse) -> None:
    with psycopg.connect(built.url) as owner:
        owner.execute("truncate raw_dmob.unique_providers")
    found = _run(built, BY_TABLE["raw_dmob.unique_providers"])["raw_dmob/unique_providers:has_rows"]
    assert (found.passed, found.severity) == (False, ERROR)
    assert str(found.description).startswith("0 rows break the rule. ")


def test_an_expectation_that_cannot_be_evaluated_is_an_error_and_not_a_pass(
    built: Warehouse,
) -> None:
    suite = BY_TABLE["filplus.provider_first_client"]
    wrong = suite.expectations[0].model_copy(
        update={
            "arguments": {"column": "provider", "min_value": 0},
            "severity": "WARN",
            "expect": "expect_column_values_to_be_between",
        }
    )
    (found,) = _run(built, suite.model_copy(update={"expectations": (wrong,)})).values()
    assert (found.passed, found.severity) == (False, ERROR)
    assert str(found.description).startswith("Could not be evaluated: ")


def test_windows_are_read_by_an_index(built: Warehouse) -> None:
    with psycopg.connect(built.url, autocommit=True) as owner:
        owner.execute(
            "insert into filplus.unified_verified_deal_hourly "
            "select timestamp '2024-04-01' + n * interval '1 hour', 'f0100', 'f0' || p, 1, 0, 1, 0 "
            "from generate_series(1, 5000) n cross join generate_series(1, 4) p"
        )
        owner.execute("analyze filplus.unified_verified_deal_hourly")
    query = BY_TABLE["filplus.unified_verified_deal_hourly"].query(DAY)
    with built.connect() as connection:
        (node,) = [n for n in plan_of(connection, query) if "Relation Name" in n]
    assert node["Node Type"] in ("Index Scan", "Bitmap Heap Scan", "Index Only Scan")
    assert node["Actual Rows"] == 3


_LONELY = """
import logging
logging.basicConfig(level=logging.INFO)
import socket, sys, warnings
warnings.simplefilter("ignore")
real = socket.socket.connect
def only_loopback(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"called home: {address}")
    return real(self, address)
socket.socket.connect = only_loopback
from datetime import datetime, UTC
from cdp_assets.quality.closed_day import closed_day
from cdp_assets.quality.expectations import validate
from cdp_assets.quality.suites import load_suites
from resources.postgres.warehouse import Warehouse
suites = [s for s in load_suites() if s.table == "filplus.provider_first_client"]
found = list(validate(Warehouse(url=sys.argv[1]), suites, closed_day(datetime.now(UTC))))
print(len(found), all(f.passed for f in found), "posthog" in sys.modules)
"""


def test_the_library_calls_nobody_and_prints_no_progress(built: Warehouse) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LONELY, built.url],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
    )
    assert done.stdout.split() == ["2", "True", "False"]
    assert "Calculating Metrics" not in done.stderr
    assert "great_expectations" not in done.stderr


def test_the_library_cannot_write(built: Warehouse) -> None:
    from cdp_assets.quality.expectations import _source

    with _source(built) as source, source.get_engine().connect() as connection:
        assert _one(connection, "show default_transaction_read_only") == "on"
        assert _one(connection, "select current_user") == "cdp_writer"
        assert _one(connection, "show timezone") == "UTC"


def _one(connection: Any, statement: str) -> object:
    return connection.exec_driver_sql(statement).scalar()


def _sql(found: dg.AssetCheckResult) -> bytes:
    matched = re.fullmatch(r"```sql\n(.*)\n```", found.metadata["sql"].value, re.DOTALL)
    assert matched is not None
    return matched[1].rstrip(";").replace("%", "%%").encode()
