"""From a line of the engine to a row of ``partner_commission_lines``, and back what a diff needs.

Scope: columns and hashes of what agreements yield; not here: rows of statements' adjustments, or
the table's form (``line_table``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg.types.json import Json

from cdp_assets.validators.commissions.engine.lines import CommissionLine
from cdp_assets.validators.commissions.engine.overrides import is_stale
from cdp_assets.validators.commissions.term_store import (
    ENGINE_VERSION,
    OverrideRow,
    StoredInputs,
)
from cdp_assets.validators.rules.inputs_hash import InputRow, inputs_hash
from cdp_assets.validators.rules.rounding import round_down
from cdp_assets.validators.storage.versioned_append import Value, VersionedRow

COMPLETE = "COMPLETE"
INCOMPLETE = "INCOMPLETE"
_NOT_OVERRIDDEN: tuple[Value, ...] = (None, None, None, None, None)


def rows_of_agreement(
    lines: Iterable[CommissionLine], stored: StoredInputs, overrides: Sequence[OverrideRow]
) -> list[VersionedRow]:
    """Return the rows of an agreement's lines in a period.

    Args:
        lines: After the overrides.
        stored: What they were computed from.
        overrides: In force.
    """
    lines = list(lines)
    shown = {
        row.override.override_id: _override_values(row, is_stale=is_stale(row.override, lines))
        for row in overrides
    }
    return [
        VersionedRow(
            key=(line.key.period_id, line.line_id),
            values=(
                *_values(line),
                *shown.get(line.override_id or "", _NOT_OVERRIDDEN),
                *_result_values(line),
            ),
            origin=(inputs_hash(_used(line, lines, stored)), ENGINE_VERSION),
            quality_flags=stored.flags.get(line.key.validator_key, ()),
        )
        for line in lines
    ]


def _values(line: CommissionLine) -> tuple[Value, ...]:
    key, base = line.key, line.base
    return (
        line.month,
        key.agreement_id,
        key.agreement_version,
        line.introducer_id,
        key.validator_key or None,
        key.client_id or None,
        key.rule_id or None,
        key.kind.value,
        None if line.component is None else line.component.value,
        None if line.method is None else line.method.value,
        None if base is None else round_down(base),
        None if base is None else base.numerator,
        None if base is None else base.denominator,
        line.rate_bps,
        Json(_tiers(line)) if line.is_tiered else None,
        line.stake,
        line.total_stake,
        line.raw_native,
        line.floor_applied_native,
        line.cap_applied_native,
        line.pre_override_native,
        line.override_native,
    )


def _override_values(override: OverrideRow, *, is_stale: bool) -> tuple[Value, ...]:
    return (
        override.override.override_id,
        override.reason,
        override.user_id,
        override.override.created_at,
        is_stale,
    )


def _result_values(line: CommissionLine) -> tuple[Value, ...]:
    """Return final amount, reason, adjusted line and statement month, quality."""
    quality = INCOMPLETE if line.final_native is None else COMPLETE
    return (line.final_native, line.reason_code, None, None, quality)


def _tiers(line: CommissionLine) -> dict[str, Any]:
    """Return the breakdown by bands; fractions as text, so that nothing is rounded."""
    before = line.measured_before
    return {
        "measured_before": None if before is None else str(before),
        "bands": [
            {
                "from_native": str(band.from_native),
                "rate_bps": band.rate_bps,
                "part": str(band.part),
                "product": str(band.product),
            }
            for band in line.bands
        ],
    }


def _used(
    line: CommissionLine, lines: Iterable[CommissionLine], stored: StoredInputs
) -> set[InputRow]:
    """Return every row that a line was computed from; a sum has those of all its parts."""
    key = line.key
    used: set[InputRow] = {("agreement_versions", key.agreement_id, str(key.agreement_version))}
    if line.override_id is not None:
        used.add(("overrides", line.override_id, "1"))
    if key.validator_key:
        return used | _used_of(line, stored)
    for part in [line] if line.is_tiered else lines:
        used |= _used_of(part, stored)
    return used


def _used_of(line: CommissionLine, stored: StoredInputs) -> set[InputRow]:
    key, used = line.key, set[InputRow]()
    if key.validator_key:
        if key.validator_key in stored.pnl_rows:  # an override may be of a validator without any
            used.add(stored.pnl_rows[key.validator_key])
        if line.stake is not None or key.client_id:
            used.update(stored.stake_rows.get((line.introducer_id, key.validator_key), ()))
    elif line.is_tiered:  # all validators were summed first
        used.update(stored.pnl_rows.values(), *stored.stake_rows.values())
    if line.measured_before is not None:
        measure = f"{key.agreement_id}|{key.rule_id}|{key.validator_key}|{key.client_id}"
        used.add(("partner_commission_lines", f"measure {measure}", str(line.measured_before)))
    return used
