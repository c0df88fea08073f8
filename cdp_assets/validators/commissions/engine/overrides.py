"""Overrides: totals that people set in place of the computed ones (validator §8)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind
from cdp_assets.validators.rules.rounding import split


@dataclass(frozen=True)
class Override:
    """The total of an agreement and period that a person set.

    Attributes:
        override_id: Its id.
        amount_native: The total, at least 0.
        created_at: When, UTC.
        seen_native: Total before the override when it was created; null: it was unknown.
        is_revoked: Whether it was taken back.
    """

    override_id: str
    amount_native: int
    created_at: datetime
    seen_native: int | None
    is_revoked: bool = False


def winning(overrides: Iterable[Override]) -> Override | None:
    """Return the override that counts: the newest that was not revoked, ties to the larger id."""
    live = [one for one in overrides if not one.is_revoked]
    return max(live, key=lambda one: (one.created_at, one.override_id), default=None)


def total_before(lines: Iterable[CommissionLine]) -> int | None:
    """Return what an override of the period replaces; null when a line is missing an input."""
    amounts = [line.pre_override_native for line in lines if _is_overridden(line)]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def is_stale(override: Override, lines: Sequence[CommissionLine]) -> bool:
    """Return whether the total has changed since the override was created."""
    return total_before(lines) != override.seen_native


def apply_override(
    lines: Sequence[CommissionLine], override: Override | None
) -> tuple[CommissionLine, ...]:
    """Return a period's lines with an override spread over them; their finals add up to it.

    It goes by largest remainder to lines with an amount above 0, weighted by it; other lines get 0.
    Where no line has one, a line of its own carries it. Bounds of a month and adjustments stay.

    Args:
        lines: Of one agreement and period, at least one.
        override: That counts; null: none.

    Raises:
        PermanentFailure: There are no lines.
    """
    plain = [dataclasses.replace(line, override_native=None) for line in lines]
    kept = [line for line in plain if line.key.kind is not LineKind.OVERRIDE]
    if override is None:
        return tuple(kept)
    if not kept:
        raise PermanentFailure(
            "the agreement has no line in the period, so nothing can be overridden",
            key=override.override_id,
            hint="choose a period within the agreement's range",
        )
    weights = {
        str(line.line_id): line.pre_override_native
        for line in kept
        if _is_overridden(line) and line.pre_override_native and line.pre_override_native > 0
    }
    shares = split(override.amount_native, weights) if weights else {}
    spread = [
        dataclasses.replace(line, override_native=shares.get(str(line.line_id), 0))
        if _is_overridden(line)
        else line
        for line in kept
    ]
    if not weights:
        first = kept[0]
        spread.append(carrying_line(first.key, first.introducer_id, first.month, override))
    return tuple(sorted(spread, key=lambda line: line.line_id))


def _is_overridden(line: CommissionLine) -> bool:
    return not line.is_of_month and line.key.kind not in (LineKind.ADJUSTMENT, LineKind.OVERRIDE)


def carrying_line(
    key: LineKey, introducer_id: str, month: str, override: Override
) -> CommissionLine:
    """Return the line that carries an override alone, where no line has an amount above 0.

    Args:
        key: Of any line of the agreement and period.
        introducer_id: The partner.
        month: UTC month of the period's end.
        override: The override.
    """
    return CommissionLine(
        key=LineKey(
            key.agreement_id,
            key.agreement_version,
            key.chain_id,
            key.period_id,
            LineKind.OVERRIDE,
        ),
        introducer_id=introducer_id,
        month=month,
        raw_native=0,
        pre_override_native=0,
        override_native=override.amount_native,
    )
