"""``partner_commission_lines``: its columns, and which writer owns which of its rows.

Scope: what writers need to know of the table; not here: the rows of agreements, or those of
statements (``statements.adjustment_rows``), or the meaning of its columns (its dbt source).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cdp_assets.validators.storage.versioned_append import COMPUTED, RowScope, VersionedTable

LINES = VersionedTable(
    name="partner_commission_lines",
    key=("period_id", "line_id"),
    values=(
        "month",
        "agreement_id",
        "agreement_version",
        "introducer_id",
        "validator_key",
        "client_id",
        "rule_id",
        "line_kind",
        "revenue_component",
        "attribution_method",
        "base_amount_native",
        "base_numerator",
        "base_denominator",
        "commission_rate_bps",
        "tiers",
        "stake_numerator",
        "stake_denominator",
        "raw_amount_native",
        "floor_applied_native",
        "cap_applied_native",
        "pre_override_amount_native",
        "override_amount_native",
        "override_id",
        "override_reason",
        "override_user_id",
        "override_timestamp",
        "override_stale",
        "final_amount_native",
        "reason_code",
        "adjusted_line_id",
        "statement_month",
        "quality",
    ),
    form=COMPUTED,
)
# What agreements yield. Computing a period again replaces these rows alone: adjustments of its
# lines belong to statements of later months.
EARNED_LINES = RowScope("line_kind <> 'ADJUSTMENT'")


def adjustment_lines(month: str, introducers: Sequence[UUID]) -> RowScope:
    """Return the part of a month's statements: the adjustments of these partners."""
    return RowScope(
        "line_kind = 'ADJUSTMENT' and statement_month = %(month)s "
        "and introducer_id = any(%(introducers)s)",
        {"month": month, "introducers": list(introducers)},
    )
