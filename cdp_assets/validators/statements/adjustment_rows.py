"""Adjustments of a month's statements as commission lines: from differences to versions.

Scope: the rows of kind ADJUSTMENT, which statements own (``line_table.adjustment_lines``); not
here: which lines differ (``released_lines``), the rule (``engine.adjustments``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import psycopg

from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.commissions.engine.adjustments import (
    Released,
    adjustment_key,
    adjustments,
)
from cdp_assets.validators.commissions.engine.lines import CommissionLine
from cdp_assets.validators.commissions.line_table import LINES, adjustment_lines
from cdp_assets.validators.statements.released_lines import Difference
from cdp_assets.validators.storage.versioned_append import (
    Appended,
    Stamp,
    Value,
    VersionedRow,
    append_versions,
)
from resources.codecs.exact_json import canonical_text

CODE_VERSION = "1"
_PRESENT = """
select introducer_id, period_id
from validators.partner_commission_lines
where chain_id = %s and statement_month = %s and is_current and line_kind = 'ADJUSTMENT'
    and introducer_id <> all(%s::uuid[]) and (%s::uuid[] is null or introducer_id = any(%s))
"""


def write_adjustments(
    cursor: psycopg.Cursor,
    chain: Chain,
    month: str,
    differences: Iterable[Difference],
    stamp: Stamp,
    *,
    introducers: Collection[UUID] | None,
    settled: Collection[UUID],
) -> Appended:
    """Make the differences the month's adjustments; those of released statements stay.

    Args:
        cursor: In a transaction that holds the lock of the lines.
        chain: The chain.
        month: Of the statements, ``YYYY-MM``.
        differences: Of all partners in question.
        stamp: Clock and configuration.
        introducers: Partners whose adjustments are written; null: all.
        settled: Partners whose statement of the month is released.
    """
    wanted = [one for one in differences if one.introducer_id not in settled]
    chosen = None if introducers is None else list(introducers)
    present = cursor.execute(
        _PRESENT, [chain.chain_id, month, list(settled), chosen, chosen]
    ).fetchall()
    partners = {one.introducer_id for one in wanted} | {row[0] for row in present}
    periods = {one.key.period_id for one in wanted} | {row[1] for row in present}
    if not periods:
        return Appended(0, 0, 0, 0)
    return append_versions(
        cursor,
        LINES,
        chain.chain_id,
        sorted(periods),
        adjustment_rows(wanted, month),
        stamp,
        adjustment_lines(month, sorted(partners)),
    )


def adjustment_rows(differences: Collection[Difference], month: str) -> list[VersionedRow]:
    """Return the rows of the adjustments that pay differences, in the order of their ids."""
    released = {
        one.line_id: Released(one.key, str(one.introducer_id), one.paid_native)
        for one in differences
    }
    present = {
        one.line_id: CommissionLine(
            one.key, str(one.introducer_id), one.month, pre_override_native=one.final_native
        )
        for one in differences
    }
    adjusted = {adjustment_key(one.key, month).line_id: one for one in differences}
    lines = adjustments(released, present, month)
    return [_row(line, adjusted[line.line_id], month) for line in lines]


def _row(line: CommissionLine, paid: Difference, month: str) -> VersionedRow:
    known: Mapping[str, Value] = {
        "month": paid.month,
        "agreement_id": line.key.agreement_id,
        "agreement_version": line.key.agreement_version,
        "introducer_id": paid.introducer_id,
        "validator_key": line.key.validator_key or None,
        "client_id": line.key.client_id or None,
        "rule_id": line.key.rule_id or None,
        "line_kind": line.key.kind.value,
        "revenue_component": line.key.component or None,
        "raw_amount_native": line.raw_native,
        "pre_override_amount_native": line.pre_override_native,
        "final_amount_native": line.final_native,
        "adjusted_line_id": paid.line_id,
        "statement_month": month,
        "quality": "COMPLETE",
    }
    return VersionedRow(
        key=(line.key.period_id, line.line_id),
        values=tuple(known.get(column) for column in LINES.values),
        origin=(_inputs_hash(paid), CODE_VERSION),
    )


def _inputs_hash(paid: Difference) -> str:
    content = {
        "final_native": str(paid.final_native),
        "line_id": str(paid.line_id),
        "paid_native": str(paid.paid_native),
    }
    return hashlib.sha256(canonical_text(content).encode()).hexdigest()
