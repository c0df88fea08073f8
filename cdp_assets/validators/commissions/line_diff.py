"""What a computation changes in a period's lines: added, removed, changed, and by how much.

Plain functions. Scope: the comparison; not here: reading rows (``lines_step``), or the report of a
recomputation (``recompute_job``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from cdp_assets.validators.rules.nullable_amounts import int_or_none


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What counts of a line when two computations are compared; null where it is unknown.

    Attributes:
        agreement_id: Its agreement.
        base: Exact base.
        before_override: Amount before an override.
        final: Amount that is paid.
        is_of_month: A bound of a month, which no later period depends on.
    """

    agreement_id: str
    base: Fraction | None
    before_override: int | None
    final: int | None
    is_of_month: bool


@dataclass(frozen=True)
class LineDiff:
    """The difference between two sets of lines.

    Attributes:
        added: Lines that are new.
        removed: Lines that are gone.
        changed: Lines with another final amount.
        delta_native: New less old over all final amounts, in the chain's smallest unit; an unknown
            amount counts as 0.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    delta_native: int = 0

    def __add__(self, other: LineDiff) -> LineDiff:
        return LineDiff(
            self.added + other.added,
            self.removed + other.removed,
            self.changed + other.changed,
            self.delta_native + other.delta_native,
        )


def diff_of(before: Mapping[UUID, LineFacts], after: Mapping[UUID, LineFacts]) -> LineDiff:
    """Return what changes from one set of lines to another."""
    shared = before.keys() & after.keys()
    return LineDiff(
        added=len(after) - len(shared),
        removed=len(before) - len(shared),
        changed=sum(before[line].final != after[line].final for line in shared),
        delta_native=_total(after.values()) - _total(before.values()),
    )


def changed_agreements(
    before: Mapping[UUID, LineFacts], after: Mapping[UUID, LineFacts]
) -> set[str]:
    """Return the agreements whose later periods see something else in their windows now.

    That is another base of a measure, or another amount before overrides in the sum of a month.
    """
    found: set[str] = set()
    for line in before.keys() | after.keys():
        old, new = before.get(line), after.get(line)
        if _left_behind(old) != _left_behind(new):
            found.update(facts.agreement_id for facts in (old, new) if facts is not None)
    return found


def facts_of_row(
    agreement_id: str,
    numerator: Decimal | None,
    denominator: Decimal | None,
    before_override: Decimal | None,
    final: Decimal | None,
    is_of_month: bool,
) -> LineFacts:
    """Return the facts of a stored row, in the order of its columns."""
    base = None
    if numerator is not None and denominator is not None:
        base = Fraction(int(numerator), int(denominator))
    return LineFacts(
        agreement_id,
        base,
        int_or_none(before_override),
        int_or_none(final),
        is_of_month,
    )


def _total(lines: Iterable[LineFacts]) -> int:
    return sum(line.final or 0 for line in lines)


def _left_behind(line: LineFacts | None) -> tuple[Fraction | None, int | None] | None:
    if line is None or line.is_of_month:
        return None
    return line.base, line.before_override
