"""Each check over good and bad rows: what it says, how severe it is, which partition it marks."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg
import psycopg
import pytest

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.canonical import checks
from cdp_assets.validators.canonical.canonical_tables import FEES, IDENTITIES, PERIODS
from cdp_assets.validators.canonical.checks import evaluate_periods
from cdp_assets.validators.storage.payload_store import FetchScope, store_payload
from cdp_assets.validators.storage.versioned_append import (
    NORMALISED,
    Stamp,
    VersionedRow,
    VersionedTable,
    append_versions,
)
from resources.http.raw_response import RawResponse
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.validators.conftest import AS_OF

CHAIN = "solana-mainnet"
ALL: dict[str, tuple[SqlCheck, ...]] = {
    "periods": checks.PERIOD_CHECKS,
    "meta": checks.STAGING_META_CHECKS,
    "staging": checks.STAGING_FEES_CHECKS,
    "identities": checks.IDENTITY_CHECKS,
    "fees": checks.FEE_CHECKS,
}


@pytest.fixture(scope="module")
def one_warehouse(server: EmbeddedServer, chain_template: str) -> Iterator[str]:
    """One warehouse: each test works in a transaction that is rolled back."""
    yield from fresh_database(server, chain_template)


@pytest.fixture
def connection(one_warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(one_warehouse) as opened:
        opened.execute("select 1")  # from here on everything is inside one transaction
        yield opened
        opened.rollback()


def put(
    connection: psycopg.Connection, table: VersionedTable, *rows: VersionedRow, periods: int = 9
) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        scope = [str(n) for n in range(periods)]
        append_versions(cursor, table, CHAIN, scope, rows, Stamp(AS_OF, "config"))


def row(key: tuple[str, ...], *values: Any, flags: tuple[str, ...] = ()) -> VersionedRow:
    return VersionedRow(key, values, ("solana_rpc", None), flags)


def fee(
    validator: str,
    total: int = 5,
    count: int = 1,
    blocks: int = 1,
    slots: int = 4,
    flags: tuple[str, ...] = (),
) -> VersionedRow:
    return row(("1", validator), total, count, None, None, blocks, slots, flags=flags)


def period(number: int, start: int, end: int, times: bool = True) -> VersionedRow:
    moment = AS_OF if times else None
    return row((str(number),), number, "EPOCH", start, end, 1, 1, moment, moment, "ENDED", None)


def broken(connection: psycopg.Connection, group: str, **parameters: Any) -> dict[str, list[Any]]:
    given = {"chain": CHAIN, "periods": ["1"], "tracks_all": True, "winners": [], **parameters}
    found = {c.name: connection.execute(c.broken, given).fetchall() for c in ALL[group]}
    return {name: rows for name, rows in found.items() if rows}


def manifest(connection: psycopg.Connection, body: bytes, role: str = "manifest") -> uuid.UUID:
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, repr(body)))
    answer = RawResponse("m", 200, None, AS_OF, body, key, True)
    scope = FetchScope(CHAIN, "1", "FEES", "solana_rpc")
    return store_payload(connection, scope, "run", answer, role)  # type: ignore[arg-type]


def test_periods_that_follow_each_other_pass(connection: psycopg.Connection) -> None:
    put(connection, PERIODS, period(0, 0, 9), period(1, 10, 19), period(2, 20, 29))
    assert broken(connection, "periods") == {}


@pytest.mark.parametrize("start", [9, 11])
def test_an_overlap_or_a_gap_between_periods_is_found(
    connection: psycopg.Connection, start: int
) -> None:
    put(connection, PERIODS, period(0, 0, 9), period(1, start, 19))
    found = broken(connection, "periods")
    assert list(found) == ["periods_follow_each_other"]
    assert found["periods_follow_each_other"] == [
        ("1", f"begins at {start}, the previous one ends at 9")
    ]


def test_an_ended_period_without_times_is_found(connection: psycopg.Connection) -> None:
    put(connection, PERIODS, period(0, 0, 9), period(1, 10, 19, times=False))
    assert list(broken(connection, "periods")) == ["ended_periods_have_times"]


def test_a_broken_chain_of_versions_is_found(connection: psycopg.Connection) -> None:
    put(connection, FEES, fee("A"))
    connection.execute(
        "insert into validators.canonical_validator_fees (chain_id, period_id, validator_key, "
        "total_fees_native, fee_count, blocks_produced, leader_slots, version, is_current, "
        "recorded_at, superseded_at, superseded_by, source_provider, normalized_at, config_hash, "
        "content_hash) select chain_id, period_id, validator_key, 7, 1, 1, 1, 3, false, "
        "recorded_at, recorded_at, 4, 'p', recorded_at, 'c', 'h' "
        "from validators.canonical_validator_fees"
    )
    assert "one_current_row_per_key" in broken(connection, "fees")


def test_an_identity_of_two_validators_is_found(connection: psycopg.Connection) -> None:
    put(
        connection,
        IDENTITIES,
        row(("1", "A", "identity", "i")),
        row(("1", "B", "identity", "i")),
        row(("1", "A", "vote", "A")),
        row(("2", "B", "identity", "j")),
    )
    assert broken(connection, "identities") == {
        "identity_of_one_validator": [("1", "i is of A, B")]
    }


def test_counts_that_cannot_be_are_found(connection: psycopg.Connection) -> None:
    put(connection, FEES, fee("A", count=3, blocks=2), fee("B"))
    assert broken(connection, "fees")["fees_are_not_negative"] == [("1", "A")]


def test_negative_amounts_do_not_even_get_into_the_table(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        put(connection, FEES, fee("A", total=-1))


def test_provisional_zeros_and_unpaid_blocks_are_warned_about(
    connection: psycopg.Connection,
) -> None:
    put(connection, FEES, fee("A", total=0, count=0, blocks=3, flags=("PROVISIONAL_ZERO",)))
    put(connection, IDENTITIES, row(("1", "A", "identity", "i")))
    found = broken(connection, "fees")
    assert found == {
        "no_provisional_zero": [("1", "A")],
        "every_block_paid_its_leader": [("1", "A 3 blocks")],
    }
    blocking = {c.name: c.is_blocking for c in checks.FEE_CHECKS}
    assert not any(blocking[name] for name in found)


def test_a_fetch_without_manifest_or_with_an_absent_part_is_found(
    connection: psycopg.Connection,
) -> None:
    assert broken(connection, "staging") == {"fetch_complete": [("1", "no complete fetch")]}
    manifest(connection, b'{"parts":[{"asked":"getBlocks:0..7","response_hash":"gone"}]}')
    assert broken(connection, "staging") == {"fetch_complete": [("1", "getBlocks:0..7")]}


def test_a_period_that_nobody_observed_is_warned_about(connection: psycopg.Connection) -> None:
    assert list(broken(connection, "meta")) == ["period_was_observed"]


def test_a_result_says_in_words_what_failed_and_shows_samples_and_the_statement(
    connection: psycopg.Connection,
) -> None:
    put(connection, FEES, *(fee(f"v{n}", count=3, blocks=2) for n in range(7)))
    connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, run_id)"
        " values ('a/b', '1', 'MATERIALIZED', true, 'run'), ('a/b', '2', 'MATERIALIZED', true, "
        "'run')"
    )
    fees = checks.of_asset(checks.FEE_CHECKS, "a/b")
    check = next(c for c in fees if c.name == "fees_are_not_negative")
    result = evaluate_periods(
        connection, check, {"chain": CHAIN, "periods": ["1"]}, "run", ["1", "2"]
    )
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert result.description == f"7 rows break the rule. {check.meaning}"
    assert result.metadata["failing_rows"].value == 7
    assert len(result.metadata["samples"].value) == 5  # type: ignore[arg-type]
    assert "select period_id" in str(result.metadata["sql"].value)
    states = connection.execute(
        "select partition_key, state, error_code from ops.asset_partition_status order by 1"
    ).fetchall()
    assert states == [
        ("1", "CHECK_FAILED", "check:fees_are_not_negative"),
        ("2", "MATERIALIZED", None),
    ]


def test_a_warning_marks_no_partition(connection: psycopg.Connection) -> None:
    put(connection, FEES, fee("A", flags=("PROVISIONAL_ZERO",)))
    connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, run_id)"
        " values ('a/b', '1', 'MATERIALIZED', true, 'run')"
    )
    fees = checks.of_asset(checks.FEE_CHECKS, "a/b")
    check = next(c for c in fees if c.name == "no_provisional_zero")
    result = evaluate_periods(connection, check, {"chain": CHAIN, "periods": ["1"]}, "run", ["1"])
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert connection.execute("select state from ops.asset_partition_status").fetchall() == [
        ("MATERIALIZED",)
    ]


def test_a_flag_is_part_of_the_content_and_its_order_is_not() -> None:
    plain, flagged = fee("A"), fee("A", flags=("X", "Y"))
    assert plain.content_hash(NORMALISED) != flagged.content_hash(NORMALISED)
    assert flagged.content_hash(NORMALISED) == replace(
        flagged, quality_flags=("Y", "X")
    ).content_hash(NORMALISED)
