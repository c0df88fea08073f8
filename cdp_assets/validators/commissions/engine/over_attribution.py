"""Over-attribution: partners together must not take more than there is (validator §11, I1).

Checked when a version is saved, from the rates, and when lines are computed, from the amounts.
Nothing is ever scaled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from cdp_assets.validators.commissions.engine.agreement_terms import (
    AgreementVersion,
    Basis,
    Component,
    Method,
    Rule,
)
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKind
from cdp_assets.validators.commissions.engine.period_inputs import PeriodInputs
from cdp_assets.validators.rules.rounding import BPS

OVER_ATTRIBUTION = "OVER_ATTRIBUTION"
_Place = tuple[str, Component]  # validator and component
_PARTS = (Component.EXEC_FEES, Component.MEV_TIPS, Component.VOTE_REWARDS, Component.COMMISSION)


@dataclass(frozen=True)
class OverAttribution:
    """A component of which partners take more than there is.

    Attributes:
        validator_key: The validator; ``all`` of those that no rule names.
        component: The component.
        attributed: Native units, rounded up, or basis points where rates are compared.
        available: The same unit.
        agreement_ids: Who takes part, ascending.
    """

    validator_key: str
    component: Component
    attributed: int
    available: int
    agreement_ids: tuple[str, ...]


def over_attributed_rates(versions: Sequence[AgreementVersion]) -> list[OverAttribution]:
    """Return what versions that overlap could take beyond 100 %, by validator and component.

    Fixed shares add up. Shares by stake add up for one partner; of several partners the largest
    counts, for their stakes are disjoint. A share of the total is one of each part.

    Args:
        versions: In force in one period on one chain, the new one among them.
    """
    named = {
        key
        for version in versions
        for rule in version.rules
        if rule.validators != "all"
        for key in rule.validators
    }
    found = []
    for validator in [*sorted(named), None]:
        for component in _PARTS:
            rate, agreements = _highest_rate(versions, validator, component)
            if rate > BPS:
                found.append(OverAttribution(validator or "all", component, rate, BPS, agreements))
    return found


def over_attributed_amounts(
    lines: Iterable[CommissionLine], inputs: PeriodInputs
) -> list[OverAttribution]:
    """Return where the raw amounts of a period are more than the component.

    Top-ups are no attribution; lines of clients' own rewards are not of a validator's P&L. A line
    of all validators takes from each of them in proportion to its base.

    Args:
        lines: Of all agreements of one period.
        inputs: That they were computed from.
    """
    taken: dict[_Place, Fraction] = defaultdict(Fraction)
    agreements: dict[_Place, set[str]] = defaultdict(set)
    for line in lines:
        component = line.component
        if line.key.kind is not LineKind.ATTRIBUTION or component is None:
            continue
        for validator, amount in _taken_from(line):
            taken[validator, component] += amount
            agreements[validator, component].add(line.key.agreement_id)
    return sorted(
        _beyond(taken, agreements, inputs), key=lambda one: (one.validator_key, one.component)
    )


def _taken_from(line: CommissionLine) -> Iterator[tuple[str, Fraction]]:
    """Yield what a line takes of each validator."""
    if line.raw_native is None:
        return
    if line.key.validator_key:
        yield line.key.validator_key, Fraction(line.raw_native)
        return
    positive = {validator: base for validator, base in line.parts if base > 0}
    total = sum(positive.values(), Fraction())
    for validator, base in positive.items():
        yield validator, line.raw_native * base / total


def _beyond(
    taken: dict[_Place, Fraction],
    agreements: dict[_Place, set[str]],
    inputs: PeriodInputs,
) -> Iterator[OverAttribution]:
    for validator in {key for key, _ in taken}:
        pnl = inputs.validators[validator]
        # Parts of a total that others reduce below their sum are compared one by one (I1).
        has_total = bool(taken.get((validator, Component.TOTAL)))
        for component in (*_PARTS, Component.TOTAL) if has_total else _PARTS:
            of = _PARTS + (Component.TOTAL,) if component is Component.TOTAL else (component,)
            attributed = sum((taken.get((validator, part), Fraction()) for part in of), Fraction())
            available = pnl.amount(component, Basis.VALIDATOR_NET)
            if available is not None and attributed > max(available, 0):
                names = {name for part in of for name in agreements.get((validator, part), ())}
                yield OverAttribution(
                    validator, component, ceil(attributed), available, tuple(sorted(names))
                )


def _highest_rate(
    versions: Sequence[AgreementVersion], validator: str | None, component: Component
) -> tuple[int, tuple[str, ...]]:
    fixed = 0
    by_stake: dict[str, int] = defaultdict(int)
    agreements = set()
    for version in versions:
        for rule in version.rules:
            if not _takes(rule, validator, component):
                continue
            agreements.add(version.agreement_id)
            if rule.method is Method.FIXED_SHARE:
                fixed += rule.max_rate_bps
            else:
                by_stake[version.introducer_id] += rule.max_rate_bps
    return fixed + max(by_stake.values(), default=0), tuple(sorted(agreements))


def _takes(rule: Rule, validator: str | None, component: Component) -> bool:
    if rule.component not in (component, Component.TOTAL):
        return False
    return rule.validators == "all" or validator in rule.validators
