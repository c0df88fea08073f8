"""Marks: changes of agreements, overrides and mappings reach exactly the periods they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.integration.validators.payments import PARTNER, add_partner, add_periods, add_version

TERMS = "validators/solana_mainnet/agreement_terms"
MAPPINGS = "validators/solana_mainnet/client_mappings"


@pytest.fixture
def cursor(dsn: str) -> Iterator[psycopg.Cursor[Any]]:
    """Four periods, 850 to 853, and a partner; nothing is marked yet."""
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as made:
        add_periods(made, range(850, 854))
        add_partner(made)
        yield made


def marked(cursor: psycopg.Cursor[Any], key: str) -> dict[str, int]:
    cursor.execute(
        "select partition_key, version from ops.asset_partition_status where asset_key = %s", [key]
    )
    return dict(cursor.fetchall())


def test_a_version_marks_its_range_and_its_earlier_end_what_it_gives_up(
    cursor: psycopg.Cursor[Any],
) -> None:
    add_version(cursor, "A", start=851, end=853)
    assert marked(cursor, TERMS) == {"851": 1, "852": 1}
    cursor.execute("update governance.agreement_versions set effective_to_period = 852")
    assert marked(cursor, TERMS) == {"851": 1, "852": 2}


def test_a_status_marks_all_versions_of_the_agreement(cursor: psycopg.Cursor[Any]) -> None:
    add_version(cursor, "A", start=852)
    cursor.execute("update governance.agreements set status = 'SUSPENDED'")
    assert marked(cursor, TERMS) == {"852": 2, "853": 2}
    cursor.execute("update governance.agreements set name = 'other'")
    assert marked(cursor, TERMS) == {"852": 2, "853": 2}


def test_an_override_and_its_revocation_mark_their_period(cursor: psycopg.Cursor[Any]) -> None:
    add_version(cursor, "A", start=850)
    cursor.execute(
        "insert into governance.overrides (override_id, agreement_id, chain_id, period_id, "
        "amount_native, reason, created_at, created_by) values (gen_random_uuid(), 'A', "
        "'solana-mainnet', '851', 5, 'a good reason', now(), 'u')"
    )
    assert marked(cursor, TERMS) == {"850": 1, "851": 2, "852": 1, "853": 1}
    cursor.execute(
        "update governance.overrides set revoked_at = now(), revoked_by = 'u', "
        "revoke_reason = 'another reason'"
    )
    assert marked(cursor, TERMS)["851"] == 3


def test_a_mapping_marks_its_periods_alone(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("insert into governance.clients values ('X', 'Client X', now())")
    cursor.execute(
        "insert into governance.client_mappings values (gen_random_uuid(), 'X', %s, "
        "'solana-mainnet', 'S1', 850, 852, "
        "(select range_number from governance.range_numbers limit 1), now(), 'u')",
        [PARTNER],
    )
    assert marked(cursor, MAPPINGS) == {"850": 1, "851": 1}
    assert marked(cursor, TERMS) == {}
    cursor.execute("update governance.client_mappings set to_period = 851")
    assert marked(cursor, MAPPINGS) == {"850": 3, "851": 2}
