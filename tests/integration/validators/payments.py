"""Rows that P&L and commissions are computed from, written as their writers would."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

CHAIN = "solana-mainnet"
PARTNER = "11111111-1111-4111-8111-111111111111"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
JANUARY = datetime(2025, 1, 1, tzinfo=UTC)
EPOCH = timedelta(days=2)
RULE: dict[str, Any] = {
    "rule_id": "r1",
    "method": "FIXED_SHARE",
    "component": "EXEC_FEES",
    "rate_bps": 500,
}


def add_periods(
    cursor: psycopg.Cursor[Any],
    ordinals: Iterable[int],
    *,
    first_end: datetime = JANUARY,
    status: str = "FINAL",
) -> None:
    """Add periods of two days; the first one ends at an instant."""
    for place, ordinal in enumerate(ordinals):
        end = first_end + place * EPOCH
        cursor.execute(
            "insert into validators.canonical_periods (chain_id, period_id, period_ordinal, "
            "period_type, start_slot, end_slot, start_ts, end_ts, status, version, is_current, "
            "recorded_at, source_provider, normalized_at, config_hash, content_hash) "
            "values (%s, %s, %s, 'EPOCH', %s, %s, %s, %s, %s, 1, true, %s, 'test', %s, 'c', 'h')",
            [CHAIN, str(ordinal), ordinal, ordinal * 10, ordinal * 10 + 9, end - EPOCH, end,
             status, NOW, NOW],
        )  # fmt: skip


def add_partner(cursor: psycopg.Cursor[Any], introducer_id: str = PARTNER) -> None:
    """Add a partner with a number for its ranges."""
    cursor.execute(
        "insert into governance.introducers values (%s, 'Partner', null, null, true, %s)",
        [introducer_id, NOW],
    )
    cursor.execute(
        "insert into governance.range_numbers (kind, owner, chain_id) values ('account', %s, %s)",
        [introducer_id, CHAIN],
    )


def add_version(
    cursor: psycopg.Cursor[Any],
    agreement_id: str,
    *rules: dict[str, Any],
    start: int = 850,
    end: int | None = None,
    number: int = 1,
    floors: Sequence[dict[str, Any]] = (),
    caps: Sequence[dict[str, Any]] = (),
    introducer_id: str = PARTNER,
) -> None:
    """Add a version of an agreement, and the agreement with its first one."""
    if number == 1:
        cursor.execute(
            "insert into governance.agreements values (%s, %s, %s, 'ACTIVE', %s, 'u')",
            [agreement_id, introducer_id, agreement_id, NOW],
        )
        cursor.execute(
            "insert into governance.range_numbers (kind, owner, chain_id) "
            "values ('agreement', %s, %s)",
            [agreement_id, CHAIN],
        )
    cursor.execute(
        "insert into governance.agreement_versions values (%s, %s, %s, 'EPOCH', %s, %s, %s, %s, "
        "%s, (select range_number from governance.range_numbers where kind = 'agreement' "
        "and owner = %s), %s, 'u', 'because of a test')",
        [
            agreement_id, number, CHAIN, start, end, json.dumps(list(rules) or [RULE]),
            json.dumps(list(floors)), json.dumps(list(caps)), agreement_id, NOW,
        ],
    )  # fmt: skip


def add_override(
    cursor: psycopg.Cursor[Any],
    agreement_id: str,
    period: int,
    amount: int,
    *,
    seen: int | None = None,
    created_at: datetime = NOW,
) -> str:
    """Add an override of a period; return its id."""
    override_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{agreement_id}{period}{amount}{created_at}"))
    cursor.execute(
        "insert into governance.overrides (override_id, agreement_id, chain_id, period_id, "
        "amount_native, reason, pre_override_native, created_at, created_by) "
        "values (%s, %s, %s, %s, %s, 'goodwill of a test', %s, %s, 'user-1')",
        [override_id, agreement_id, CHAIN, str(period), amount, seen, created_at],
    )
    return override_id
