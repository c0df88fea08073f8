"""Adjustments: the difference between a released line and its newest amount (validator §9.4)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from uuid import UUID

from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind


@dataclasses.dataclass(frozen=True)
class Released:
    """What statements have paid for one line.

    Attributes:
        key: Of the line.
        introducer_id: The partner.
        amount_native: Sum over all released statements, earlier adjustments included.
    """

    key: LineKey
    introducer_id: str
    amount_native: int


def adjustments(
    released: Mapping[UUID, Released], finals: Mapping[UUID, CommissionLine], month: str
) -> tuple[CommissionLine, ...]:
    """Return the adjustment lines of a month's statements, in the order of their ids.

    Args:
        released: By line id.
        finals: Current lines of the periods that were released, by id; one that is absent is 0, one
            whose amount is unknown is not adjusted.
        month: Of the statement that carries them, ``YYYY-MM``.
    """
    found = []
    for line_id, paid in released.items():
        current = finals.get(line_id)
        final = 0 if current is None else current.final_native
        if final is None or final == paid.amount_native:
            continue
        found.append(_adjustment(paid, final - paid.amount_native, month))
    return tuple(sorted(found, key=lambda line: line.line_id))


def adjustment_key(key: LineKey, month: str) -> LineKey:
    """Return the identity of the adjustment of a line in a month's statement, ``YYYY-MM``."""
    return dataclasses.replace(
        key, kind=LineKind.ADJUSTMENT, rule_id=_rule_id(key), statement_month=month
    )


def _adjustment(paid: Released, amount: int, month: str) -> CommissionLine:
    return CommissionLine(
        key=adjustment_key(paid.key, month),
        introducer_id=paid.introducer_id,
        month=month,
        raw_native=amount,
        pre_override_native=amount,
    )


def _rule_id(key: LineKey) -> str:
    """Return the rule of an adjustment; lines without one are distinguished by their kind."""
    if key.kind is LineKind.ATTRIBUTION:
        return key.rule_id
    return f"{key.kind.value}:{key.rule_id}" if key.rule_id else key.kind.value
