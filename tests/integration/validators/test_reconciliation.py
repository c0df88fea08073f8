"""Reconciliation over the tables: real restatements as versions, and acknowledged findings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.settings import publish_environment
from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.canonical.canonical_tables import FEES
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.reconciliation.acknowledge_job import acknowledge_job
from cdp_assets.validators.reconciliation.findings import Finding
from cdp_assets.validators.reconciliation.period_findings import (
    Expectation,
    PublishedAmount,
    findings_of_period,
)
from cdp_assets.validators.reconciliation.report_step import CHECKS
from cdp_assets.validators.reconciliation.report_store import Stored, store_findings
from cdp_assets.validators.reconciliation.thresholds import load_thresholds
from cdp_assets.validators.storage.versioned_append import (
    Stamp,
    VersionedRow,
    VersionedTable,
    append_versions,
)
from tests.conftest import SHARED_DATA
from tests.integration.governance.people_world import PeopleWorld, done, email_of, refusal
from tests.integration.validators.payments import Ledger, add_periods

pytestmark = pytest.mark.integration
CHAIN = "solana-mainnet"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MEV = VersionedTable(
    "canonical_validator_mev",
    ("period_id", "validator_key"),
    ("gross_mev_native", "total_mev_native", "misdirected_native"),
)
INFLATION = VersionedTable(
    "canonical_stake_rewards",
    ("period_id", "validator_key", "staker_address"),
    ("gross_native", "commission_native", "is_operator_owned"),
)
IDENTITIES = VersionedTable(
    "canonical_validator_identities", ("period_id", "validator_key", "kind", "value"), ()
)
OBSERVED = SHARED_DATA / "validator/solana/marinade/network_rewards_observed.csv"
TABLES = {"MEV": "validators/solana_mainnet/canonical_validator_mev"}


@pytest.fixture
def people(dsn: str) -> Iterator[PeopleWorld]:
    """A warehouse with the chain's leaves and a user of each role."""
    with PeopleWorld.over(dsn) as world:
        yield world.add_everybody()


@pytest.fixture
def connection(people: PeopleWorld) -> psycopg.Connection:
    """A connection to that warehouse, as the superuser of the tests."""
    return people.connection


def append(
    connection: psycopg.Connection,
    table: VersionedTable,
    period: str,
    rows: list[tuple[Any, ...]],
    flags: tuple[str, ...] = (),
) -> None:
    """Make rows current; each begins with its key after the period."""
    keys = len(table.key) - 1
    versions = [
        VersionedRow((period, *row[:keys]), row[keys:], ("test", None), flags) for row in rows
    ]
    with connection.transaction(), connection.cursor() as cursor:
        append_versions(cursor, table, CHAIN, [period], versions, Stamp(NOW, "config"))


def reconcile(
    connection: psycopg.Connection,
    period: str,
    published: tuple[PublishedAmount, ...] = (),
    tables: dict[str, str] | None = None,
    at: datetime = NOW,
) -> Stored:
    """Find and store what differs in a period."""
    found = findings_of_period(
        connection, CHAIN, period, Expectation(tables or {}, tracks_all=True), published,
        load_thresholds(),
    )  # fmt: skip
    with connection.transaction(), connection.cursor() as cursor:
        return store_findings(cursor, CHAIN, period, found, at)


def reports(connection: psycopg.Connection, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of the findings, but for those about an unobserved period."""
    names = ", ".join(f'"{column}"' for column in columns)
    statement = (
        f"select {names} from validators.reconciliation_reports "
        "where scope <> 'validators observed' "
        'order by period_id, "check", scope, validator_key, old'
    )
    return connection.execute(statement.encode()).fetchall()


def observed(metric: str, epoch: str) -> list[int]:
    """Return what was published for an epoch, first and later, in lamports."""
    with OBSERVED.open() as file:
        return [
            to_native(Decimal(row["value"]), SOL_DECIMALS)
            for row in csv.DictReader(file)
            if (row["metric"], row["epoch"]) == (metric, epoch)
        ]


@pytest.mark.parametrize(
    ("epoch", "check", "percent"),
    [
        ("677", "version_drift", "80.758171"),
        ("678", "version_drift", "214.137866"),
        ("703", "zero_shock", None),
        ("704", "zero_shock", None),
    ],
)
def test_a_real_restatement_is_an_error_that_blocks_until_it_is_acknowledged(
    connection: psycopg.Connection, epoch: str, check: str, percent: str | None
) -> None:
    metric, table = (
        ("rewards_mev", MEV) if int(epoch) < 700 else ("rewards_inflation_est", INFLATION)
    )
    first, later = observed(metric, epoch)
    for amount in (first, later):
        row = (
            ("network", amount, amount, 0) if table is MEV else ("network", "", None, amount, False)
        )
        append(connection, table, epoch, [row])
    assert reconcile(connection, epoch).open_errors == 2  # with the period that was not observed
    ((found, old, new, delta, share, severity, status),) = reports(
        connection, "check", "old", "new", "delta", "delta_pct", "severity", "status"
    )
    assert (found, old, new, delta) == (check, first, later, later - first)
    assert (share is None) is (percent is None)
    assert percent is None or round(share, 6) == Decimal(percent)
    assert (severity, status) == ("ERROR", "OPEN")


def test_a_second_run_writes_nothing_and_a_gone_difference_is_resolved(
    connection: psycopg.Connection,
) -> None:
    other = (PublishedAmount("other", "MEV_TIPS", "v", 100),)
    append(connection, IDENTITIES, "1", [("v", "vote", "v")])
    append(connection, MEV, "1", [("v", 50, 50, 0)])
    assert reconcile(connection, "1", other).written == 1
    assert not reconcile(connection, "1", other, at=NOW + timedelta(hours=1)).is_changed
    assert reports(connection, "status", "found_at", "old", "new") == [("OPEN", NOW, 100, 50)]
    append(connection, MEV, "1", [("v", 100, 100, 0)])
    found = reconcile(connection, "1", other)
    assert (found.written, found.resolved) == (1, 1)
    assert reports(connection, "check", "status") == [
        ("cross_source", "RESOLVED"),
        ("version_drift", "OPEN"),
    ]
    append(connection, MEV, "1", [("v", 50, 50, 0)])
    reconcile(connection, "1", other, at=NOW + timedelta(hours=2))
    assert reports(connection, "check", "old", "status") == [
        ("cross_source", 100, "OPEN"),
        ("version_drift", 50, "OPEN"),
        ("version_drift", 100, "OPEN"),
    ]


def test_a_validator_that_vanishes_and_comes_back_is_a_zero_shock_each_time(
    connection: psycopg.Connection,
) -> None:
    append(connection, MEV, "1", [("v", 9, 9, 0), ("w", 1, 1, 0)])
    append(connection, MEV, "1", [("w", 1, 1, 0)])
    reconcile(connection, "1")
    assert reports(connection, "validator_key", "check", "old", "new") == [
        ("v", "zero_shock", 9, 0)
    ]
    append(connection, MEV, "1", [("v", 9, 9, 0), ("w", 1, 1, 0)])
    reconcile(connection, "1")
    assert reports(connection, "old", "new", "status") == [(0, 9, "OPEN"), (9, 0, "OPEN")]


def test_an_unknown_amount_is_compared_with_nothing(connection: psycopg.Connection) -> None:
    append(connection, INFLATION, "1", [("v", "", None, None, False)])
    append(connection, INFLATION, "1", [("v", "", None, 7, False)])
    published = (PublishedAmount("other", "STAKE_REWARDS", "v", 5),)
    reconcile(connection, "1", published)
    assert reports(connection, "check") == []


def add_period(connection: psycopg.Connection, period: str, kind: str, ordinal: int) -> None:
    connection.execute(
        "insert into validators.canonical_periods (chain_id, period_id, period_ordinal, "
        "period_type, start_slot, end_slot, status, version, is_current, recorded_at, "
        "source_provider, normalized_at, config_hash, content_hash) values "
        "(%s, %s, %s, %s, %s, %s, 'FINAL', 1, true, %s, 'x', %s, 'c', 'h')",
        [CHAIN, period, ordinal, kind, ordinal, ordinal, NOW, NOW],
    )


def test_the_previous_slot_range_is_the_one_before_whatever_lies_between(
    connection: psycopg.Connection,
) -> None:
    """Ranges are ordered by their first slot, so their ordinals do not follow each other."""
    for period in ("0-99", "300-399", "500-599"):
        add_period(connection, period, "SLOT_RANGE", int(period.split("-")[0]))
    add_period(connection, "499", "EPOCH", 499)
    for period, amount in (("0-99", 900), ("300-399", 100), ("499", 900), ("500-599", 10)):
        append(connection, FEES, period, [("v", amount, 1, None, None, 1, 1)])
    reconcile(connection, "500-599")
    assert reports(connection, "validator_key", "check", "old", "new", "severity") == [
        ("v", "period_over_period", 100, 10, "WARNING")
    ]


def test_income_is_compared_with_the_previous_period_per_leader_slot(
    connection: psycopg.Connection,
) -> None:
    for ordinal in (99, 100):
        add_period(connection, str(ordinal), "EPOCH", ordinal)
    fees = [("more slots", 400, 4, None, None, 4, 4), ("dearer", 100, 1, None, None, 1, 3)]
    append(connection, FEES, "99", [*fees, ("idle", 0, 0, None, None, 0, 0)])
    fees = [("more slots", 800, 8, None, None, 8, 8), ("dearer", 50, 1, None, None, 1, 1)]
    append(connection, FEES, "100", [*fees, ("idle", 10, 1, None, None, 1, 1)])
    reconcile(connection, "100")
    assert reports(connection, "validator_key", "check", "old", "new", "severity") == [
        ("dearer", "period_over_period", Decimal("33.3333333333"), 50, "WARNING")
    ]


def test_misdirected_payments_and_other_relay_values_are_listed(
    connection: psycopg.Connection,
) -> None:
    append(connection, MEV, "1", [("v", 9, 0, 7)])
    append(connection, MEV, "2", [("v", 9, 9, 0)], flags=("RELAY_VALUE_MISMATCH",))
    reconcile(connection, "1")
    reconcile(connection, "2")
    assert reports(connection, "check", "new", "severity") == [
        ("misdirected", 7, "ERROR"),
        ("relay_value", 9, "WARNING"),
    ]


def test_a_data_type_is_complete_once_its_table_was_written(
    connection: psycopg.Connection,
) -> None:
    append(connection, IDENTITIES, "1", [("v", "vote", "v"), ("w", "vote", "w")])
    reconcile(connection, "1", tables=TABLES)
    assert reports(connection, "check", "scope", "old", "new", "severity", "status") == [
        ("completeness", "MEV", 2, 0, "ERROR", "OPEN")
    ]
    connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, version, "
        "row_count, input_versions, as_of, is_final, code_version, run_id) "
        "values (%s, '1', 'MATERIALIZED', 1, 0, '{}', %s, true, '1', 'r')",
        [TABLES["MEV"], NOW],
    )
    reconcile(connection, "1", tables=TABLES)
    assert reports(connection, "status") == [("RESOLVED",)]


def acknowledged(people: PeopleWorld, user: str, **form: Any) -> dg.ExecuteInProcessResult:
    """Launch the job for the only finding."""
    ((report_id,),) = reports(people.connection, "report_id")
    config = {"report_id": str(report_id), "note": "confirmed with the provider", **form}
    return people.launch(acknowledge_job, email_of(user), **config)


@pytest.fixture
def drifted(people: PeopleWorld) -> PeopleWorld:
    """One open error."""
    append(people.connection, MEV, "1", [("v", 100, 100, 0)])
    append(people.connection, MEV, "1", [("v", 50, 50, 0)])
    reconcile(people.connection, "1")
    return people


def test_an_acknowledged_finding_stays_so_until_its_amounts_change(drifted: PeopleWorld) -> None:
    done(acknowledged(drifted, "finance"))
    stored = reconcile(drifted.connection, "1")
    assert not stored.is_changed
    state = ("status", "note", "old", "new")
    assert reports(drifted.connection, *state) == [
        ("ACKED", "confirmed with the provider", 100, 50)
    ]
    ((action, reason, name),) = drifted.rows(
        "select action, reason, entity_name from audit.log where action = 'ACKNOWLEDGE_DRIFT'"
    )
    assert (action, bool(reason)) == ("ACKNOWLEDGE_DRIFT", True)
    assert name == "solana-mainnet 1 MEV_TIPS"
    drifted.connection.execute(
        "update validators.reconciliation_reports set new = 49 where new = 50"
    )
    reconcile(drifted.connection, "1")
    assert reports(drifted.connection, *state) == [("OPEN", None, 100, 50)]


def test_what_is_acknowledged_twice_or_unknown_or_by_others_is_refused(
    drifted: PeopleWorld,
) -> None:
    assert "no right to acknowledge" in refusal(acknowledged(drifted, "ops"))
    with pytest.raises(dg.DagsterInvalidConfigError, match="note: 'short' is not allowed"):
        acknowledged(drifted, "finance", note="short")
    unknown = "00000000-0000-0000-0000-000000000000"
    assert "no such finding" in refusal(acknowledged(drifted, "finance", report_id=unknown))
    done(acknowledged(drifted, "admin"))
    assert "is ACKED" in refusal(acknowledged(drifted, "finance"))
    assert drifted.actions() == ["ACKNOWLEDGE_DRIFT"]


def test_a_step_publishes_and_an_unchanged_one_keeps_its_version(
    people: PeopleWorld, dsn: str, registry: Registry
) -> None:
    publish_environment({"CDP_AS_OF": NOW.isoformat(), "CDP_SOLANA_RPC_URL": "http://127.0.0.1:1"})
    append(people.connection, IDENTITIES, "850", [("v", "vote", "v")])
    with people.connection.cursor() as cursor:
        add_periods(cursor, range(850, 853))
        add_periods(cursor, [853], status="OPEN")
        ledger = Ledger(dsn, registry, cursor)
        key = ledger.keys.table("reconciliation_reports")
        first = ledger.run(key, [850])["850"]
        again = ledger.run(key, [850])["850"]
    assert (first.statistics["findings_written"], first.statistics["open_errors"]) == (3, 3)
    assert again.statistics["findings_written"] == 0
    assert people.rows(
        "select row_count, is_final, version, state from ops.asset_partition_status "
        "where asset_key = %s", key
    ) == [(3, True, 1, "MATERIALIZED")]  # fmt: skip
    assert {scope for (scope,) in reports(people.connection, "scope")} == {
        "FEES",
        "META",
        "REWARDS",
    }
    parameters = {"chain": CHAIN, "periods": ["850"]}
    errors, warnings = (evaluate(people.connection, check, parameters) for check in CHECKS)
    assert (errors.passed, warnings.passed) == (False, True)


def test_a_run_that_is_killed_leaves_no_finding(connection: psycopg.Connection) -> None:
    publish_environment({})
    append(connection, MEV, "1", [("v", 9, 0, 7)])
    found = findings_of_period(
        connection, CHAIN, "1", Expectation({}, tracks_all=True), (), load_thresholds()
    )
    with pytest.raises(psycopg.errors.DivisionByZero), connection.transaction():
        _store_and_fail(connection, found)
    assert reports(connection, "check") == []
    first = reconcile(connection, "1")
    again = reconcile(connection, "1")
    assert (first.written, again.written) == (2, 0)


def _store_and_fail(connection: psycopg.Connection, found: list[Finding]) -> None:
    with connection.cursor() as cursor:
        store_findings(cursor, CHAIN, "1", found, NOW)
        cursor.execute("select 1 / 0")
