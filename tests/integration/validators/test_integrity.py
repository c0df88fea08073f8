"""`cdp verify-integrity`: good tables pass, and each kind of damage is named."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from cdp_assets.governance.audit_log import AuditEntry, append
from cdp_assets.validators.canonical.canonical_tables import IDENTITIES, REWARDS
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.verification.integrity import verify_integrity, versioned_tables
from cdp_assets.validators.verification.verified import SHOWN, Verified
from tests.integration.validators.conftest import Station, load_epoch, validator
from tests.integration.validators.payments import (
    NOW,
    Ledger,
    add_mapping,
    add_partner,
    add_rows,
    add_version,
    identity,
    reward,
)

pytestmark = pytest.mark.integration
DAMAGE = {
    "a value": (
        "update validators.canonical_validator_fees set total_fees_native = 7 where version = 2",
        "content hashes of canonical_validator_fees",
        "solana-mainnet 933 A version 2",
    ),
    "a flag": (
        "update validators.canonical_validator_fees set quality_flags = '{X}' where version = 2",
        "content hashes of canonical_validator_fees",
        "solana-mainnet 933 A version 2",
    ),
    "a tier of a line": (
        "update validators.partner_commission_lines set reason_code = 'X'",
        "content hashes of partner_commission_lines",
        "version 1",
    ),
    "a version": (
        "delete from validators.canonical_validator_fees where version = 1 and validator_key = 'A'",
        "versions of canonical_validator_fees",
        "solana-mainnet 933 A version 2",
    ),
    "the current row": (
        "update validators.canonical_validator_fees "
        "set is_current = false, superseded_at = recorded_at, superseded_by = 3 where version = 2",
        "versions of canonical_validator_fees",
        "solana-mainnet 933 A version 2",
    ),
    "a closing time": (
        "update validators.canonical_validator_fees "
        "set superseded_at = superseded_at + interval '1 second' where superseded_at is not null",
        "versions of canonical_validator_fees",
        "solana-mainnet 933 A version 1",
    ),
    "a rule of an agreement": (
        "update governance.agreement_versions set rules = '[]'",
        "agreement_versions are as the audit log recorded them",
        "agreement version 1: rules differ from entry ",
    ),
    "a manifest": (
        "delete from staging.staging_fees where role = 'manifest'",
        "payloads of canonical_validator_fees are stored",
        "solana-mainnet 933",
    ),
    "a part": (
        "delete from staging.staging_fees where role = 'part'",
        "responses listed by manifests are stored",
        "FEES solana-mainnet 933",
    ),
    "a body": (
        "update staging.staging_meta set raw_body = '{}'",
        "stored responses have their hash",
        "solana-mainnet 933 META solana_rpc",
    ),
    "a partition": (
        "delete from ops.asset_partition_status where partition_key = '933' "
        "and asset_key = 'validators/solana_mainnet/canonical_validator_fees'",
        "final periods of solana-mainnet are complete",
        "canonical_validator_fees 933: was never written",
    ),
    "an error": (
        "update ops.asset_partition_status set error_code = 'x', error_message = 'it broke' "
        "where partition_key = '933' and asset_key = 'staging/solana_mainnet/staging_fees'",
        "final periods of solana-mainnet are complete",
        "staging_fees 933: it broke",
    ),
}


@pytest.fixture
def connection(station: Station) -> Iterator[psycopg.Connection]:
    """A snapshot of two versions of fees, of P&L and of commission lines; damage is undone."""
    load_epoch(station.node, [validator("A", 1_000_003, slots=48), validator("B", 999, slots=48)])
    station.observed_and_ended(933)
    station.fees(933)
    station.node.world.chain.restate({"epoch": 933, "fees": {"A": 5_000}})
    station.move(hours=2)
    station.fees(933)
    _add_lines(station)
    station.move(epochs=2)
    station.periods()
    with psycopg.connect(station.dsn) as connection:
        connection.execute("set session_replication_role = replica")  # guards are triggers
        connection.execute(
            "insert into ops.asset_partition_status (asset_key, partition_key, state, version, "
            "row_count, input_versions, as_of, is_final, code_version, run_id) "
            "select k, period_id, 'MATERIALIZED', 1, 0, '{}', now(), true, '1', 'r' "
            "from validators.canonical_periods, unnest(array["
            "'validators/solana_mainnet/canonical_validator_fees', "
            "'staging/solana_mainnet/staging_fees']) k where is_current on conflict do nothing"
        )
        yield connection
        connection.rollback()


def _add_lines(station: Station) -> None:
    """Compute P&L and lines with tiers over period 932, which has no fees."""
    with psycopg.connect(station.dsn, autocommit=True) as connection:
        cursor = connection.cursor()
        add_partner(cursor)
        add_rows(cursor, IDENTITIES, 932, identity(932, "ABC"))
        add_rows(cursor, REWARDS, 932, reward(932, "ABC", "account"))
        add_mapping(cursor, "client", "account")
        add_version(cursor, "agreement")
        _record_agreement(cursor)
        Ledger(station.dsn, station.registry, cursor).compute(932)


def _record_agreement(cursor: psycopg.Cursor) -> None:
    """Write the audit entry of the agreement, as the job that makes one does."""
    ((after,),) = cursor.execute(
        "select to_jsonb(v) || jsonb_build_object('introducer_id', a.introducer_id, 'status', "
        "a.status) from governance.agreement_versions v join governance.agreements a "
        "using (agreement_id)"
    ).fetchall()
    append(
        cursor,
        AuditEntry(
            NOW, "u", "CREATE_AGREEMENT", "agreement", "agreement", None, after, "a test", "run"
        ),
    )


def broken(connection: psycopg.Connection, station: Station) -> dict[str, Verified]:
    """Return the verifications that fail."""
    keys = [key for key in period_steps_of(station.registry, station.chain) if "fees" in key]
    results = list(verify_integrity(connection, station.registry, {"solana-mainnet": keys}))
    assert all(result.rows for result in results if "canonical_validator_fees" in result.what)
    return {result.what: result for result in results if result.broken_count}


def test_good_tables_pass_and_each_damage_is_named(
    connection: psycopg.Connection, station: Station
) -> None:
    connection.execute("update ops.asset_partition_status set error_code = null")
    assert broken(connection, station) == {}
    for name, (statement, what, sample) in DAMAGE.items():
        with connection.transaction(force_rollback=True):
            assert connection.execute(statement.encode()).rowcount > 0, name
            found = broken(connection, station)
        assert what in found, (name, found)
        assert any(sample in text for text in found[what].broken), (name, found[what])


def test_every_table_of_versions_is_verified(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "select relname from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where relkind = 'p' and relnamespace = 'validators'::regnamespace "
        "and attname = 'is_current'"
    ).fetchall()
    assert {name for (name,) in rows} == {table.name for table in versioned_tables()}


def test_only_the_first_broken_things_are_printed() -> None:
    result = Verified.of("rule", 9, (str(n) for n in range(SHOWN + 2)))
    assert list(result.lines()) == [
        "BAD  rule: 7 of 9", *(f"       {n}" for n in range(SHOWN)), "       and 2 more",
    ]  # fmt: skip
    assert list(Verified.of("rule", 1_000, []).lines()) == ["ok   rule: 1,000"]
