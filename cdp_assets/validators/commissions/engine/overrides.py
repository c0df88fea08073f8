"""Overrides: totals that people set in place of the computed ones (validator §8)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.commissions.engine.agreement_terms import Component
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind
from cdp_assets.validators.rules.nullable_amounts import sum_or_none
from cdp_assets.validators.rules.rounding import split


@dataclass(frozen=True)
class Override:
    """The total of an agreement and period, or of a part of it, that a person set.

    Attributes:
        override_id: Its id.
        amount_native: The total, at least 0.
        created_at: When, UTC.
        seen_native: Total before the override when it was created; null: it was unknown.
        is_revoked: Whether it was taken back.
        validator_key: Sets the lines of this validator alone; null: of all.
        component: Sets the lines of this component alone; null: of all.
    """

    override_id: str
    amount_native: int
    created_at: datetime
    seen_native: int | None
    is_revoked: bool = False
    validator_key: str | None = None
    component: str | None = None

    def covers(self, line: CommissionLine) -> bool:
        """Return whether the override sets a line; bounds of a month and adjustments never."""
        return (
            _is_overridden(line)
            and self.validator_key in (None, line.key.validator_key)
            and self.component in (None, line.key.component)
        )

    def includes(self, other: Override) -> bool:
        """Return whether the override sets every line that another one does."""
        return self.validator_key in (None, other.validator_key) and self.component in (
            None,
            other.component,
        )


def in_force(overrides: Iterable[Override]) -> tuple[Override, ...]:
    """Return the overrides of a period that count, newest first.

    Of those about the same lines the newest that was not revoked counts, ties to the larger id; one
    about more lines also takes the place of earlier ones about a part of them.
    """
    found: list[Override] = []
    live = (one for one in overrides if not one.is_revoked)
    for one in sorted(live, key=lambda one: (one.created_at, one.override_id), reverse=True):
        if not any(newer.includes(one) for newer in found):
            found.append(one)
    return tuple(found)


def total_before(lines: Iterable[CommissionLine], override: Override) -> int | None:
    """Return what an override replaces; null when a line is missing an input."""
    return sum_or_none(line.pre_override_native for line in lines if override.covers(line))


def is_stale(override: Override, lines: Iterable[CommissionLine]) -> bool:
    """Return whether the total is another one than its author saw; never where they saw none."""
    seen = override.seen_native
    return seen is not None and total_before(lines, override) != seen


def apply_overrides(
    lines: Sequence[CommissionLine], overrides: Iterable[Override]
) -> tuple[CommissionLine, ...]:
    """Return a period's lines with overrides spread over them; finals of each add up to it.

    It goes by largest remainder to its lines with an amount above 0, weighted by it; its other
    lines get 0. Where none has one, a line of its own carries it. Bounds of a month and adjustments
    stay.

    Args:
        lines: Of one agreement and period, at least one.
        overrides: Of the agreement and period; those in force count.

    Raises:
        PermanentFailure: There are no lines.
    """
    plain = [dataclasses.replace(line, override_native=None, override_id=None) for line in lines]
    left = [line for line in plain if line.key.kind is not LineKind.OVERRIDE]
    counting = in_force(overrides)
    if not counting:
        return tuple(left)
    if not left:
        raise PermanentFailure(
            "the agreement has no line in the period, so nothing can be overridden",
            key=counting[0].override_id,
            hint="choose a period within the agreement's range",
        )
    first, found = left[0], list[CommissionLine]()
    for override in counting:
        covered = [line for line in left if override.covers(line)]
        left = [line for line in left if not override.covers(line)]
        shares = _shares(covered, override)
        found += (
            dataclasses.replace(
                line,
                override_native=shares.get(str(line.line_id), 0),
                override_id=override.override_id,
            )
            for line in covered
        )
        if not shares:
            found.append(carrying_line(first.key, first.introducer_id, first.month, override))
    return tuple(sorted([*left, *found], key=lambda line: line.line_id))


def _shares(lines: Iterable[CommissionLine], override: Override) -> dict[str, int]:
    """Return what lines with an amount above 0 get, by line; empty: no line has one."""
    weights = {
        str(line.line_id): amount for line in lines if (amount := line.pre_override_native or 0) > 0
    }
    return split(override.amount_native, weights) if weights else {}


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
            validator_key=override.validator_key or "",
            component=override.component or "",
        ),
        introducer_id=introducer_id,
        month=month,
        component=None if override.component is None else Component(override.component),
        raw_native=0,
        pre_override_native=0,
        override_native=override.amount_native,
        override_id=override.override_id,
    )
