"""The commission engine: from a version, a period's inputs and what came before, its lines.

A pure function in the fixed order of validator §7.2: version, filter, attributable base, rate,
product, one rounding down, rule's floor and cap, agreement's floor and cap. Overrides come after
(``overrides``). Exact integers and fractions; equal inputs give equal lines in equal order,
whatever the order of the inputs. Scope: lines of one agreement; not here: reading or writing rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cdp_assets.validators.commissions.engine.agreement_terms import (
    MONTH_RULE,
    AgreementVersion,
    BoundScope,
    Rule,
    TierScope,
    Window,
    version_of_lines,
)
from cdp_assets.validators.commissions.engine.attribution import (
    INCOMPLETE,
    Attribution,
    attributions,
    summed,
)
from cdp_assets.validators.commissions.engine.lines import (
    NEGATIVE_BASE,
    CommissionLine,
    LineKey,
    LineKind,
)
from cdp_assets.validators.commissions.engine.period_inputs import PeriodInputs
from cdp_assets.validators.commissions.engine.tiers import BandShare, band_shares
from cdp_assets.validators.rules.nullable_amounts import sum_or_none
from cdp_assets.validators.rules.rounding import BPS, round_down

MeasureKey = tuple[str, str, str]  # rule, validator, client; empty for all of them


@dataclass(frozen=True)
class History:
    """What earlier periods of an agreement leave for the next: exact, in the order of ordinals.

    Attributes:
        lifetime: Measure of each rule since the agreement began; null: a base of it is missing.
        of_month: The same of the month alone.
        month: The month, ``YYYY-MM``; null before the first period.
        lines_of_month: Lines of the month's earlier periods, without its bounds.
    """

    lifetime: Mapping[MeasureKey, Fraction | None] = field(default_factory=dict)
    of_month: Mapping[MeasureKey, Fraction | None] = field(default_factory=dict)
    month: str | None = None
    lines_of_month: tuple[CommissionLine, ...] = ()

    def measured(self, window: Window, key: MeasureKey, month: str) -> Fraction | None:
        """Return the measure of a window before a period of a month; null: it is unknown."""
        if window is Window.LIFETIME:
            return self.lifetime.get(key, Fraction())
        if window is Window.MONTH and month == self.month:
            return self.of_month.get(key, Fraction())
        return Fraction()

    def after(self, month: str, lines: Iterable[CommissionLine]) -> History:
        """Return what a period's lines leave for the next."""
        added = [line for line in lines if not line.is_of_month]
        is_same = month == self.month
        return History(
            _added(self.lifetime, added),
            _added(self.of_month if is_same else {}, added),
            month,
            (*(self.lines_of_month if is_same else ()), *added),
        )


def compute_lines(
    version: AgreementVersion, inputs: PeriodInputs, history: History
) -> tuple[CommissionLine, ...]:
    """Return the lines of an agreement in a period, in the order of their ids; none out of range.

    A version that ended earlier in the month still has its bounds of the month, which are written
    under the month's last period (validator §7.4).

    Args:
        version: Of the agreement.
        inputs: Of the period.
        history: Of the earlier periods of its windows, all of them (validator §7.3).
    """
    if version.chain_id != inputs.chain_id:
        return ()
    lines: list[CommissionLine] = []
    if version.holds(inputs.ordinal):
        lines += [
            line
            for rule in sorted(version.rules, key=lambda rule: rule.rule_id)
            for line in _lines_of_rule(version, rule, inputs, history)
        ]
        lines += _bounds(version, inputs, BoundScope.PERIOD, lines)
    if inputs.is_last_of_month and version.is_in_force_between(inputs.month_start, inputs.ordinal):
        earlier = history.lines_of_month if history.month == inputs.month else ()
        lines += _bounds(version, inputs, BoundScope.MONTH, [*earlier, *lines])
    return tuple(sorted(lines, key=lambda line: line.line_id))


def compute_range(
    versions: Sequence[AgreementVersion], periods: Iterable[PeriodInputs], history: History
) -> tuple[dict[str, tuple[CommissionLine, ...]], History]:
    """Return the lines of an agreement by period, and what the range leaves for the next.

    Args:
        versions: Of one agreement on one chain; their ranges do not overlap.
        periods: In any order.
        history: Of the periods before the range.
    """
    found = {}
    for inputs in sorted(periods, key=lambda inputs: inputs.ordinal):
        month_start = inputs.month_start if inputs.is_last_of_month else None
        version = version_of_lines(versions, inputs.ordinal, month_start)
        lines = () if version is None else compute_lines(version, inputs, history)
        history = history.after(inputs.month, lines)
        found[inputs.period_id] = lines
    return found, history


def _lines_of_rule(
    version: AgreementVersion, rule: Rule, inputs: PeriodInputs, history: History
) -> Iterator[CommissionLine]:
    bases = list(attributions(rule, version.introducer_id, inputs))
    if rule.tier_scope is TierScope.AGREEMENT:
        bases = [summed(bases)] if bases else []
    for base in bases:
        key = LineKey(
            version.agreement_id,
            version.version,
            inputs.chain_id,
            inputs.period_id,
            LineKind.ATTRIBUTION,
            rule.rule_id,
            base.validator_key or "",
            base.client_id or "",
            rule.component.value,
        )
        before = history.measured(rule.tier_window, _measure_key(key), inputs.month)
        yield _line(version, rule, inputs, key, base, before)


def _line(
    version: AgreementVersion,
    rule: Rule,
    inputs: PeriodInputs,
    key: LineKey,
    base: Attribution,
    before: Fraction | None,
) -> CommissionLine:
    bands: tuple[BandShare, ...] = ()
    raw = floor_added = cap_taken = amount = None
    reason = base.reason_code
    if before is None:  # the band is unknown, and with it the rate
        reason = INCOMPLETE
    elif base.base is not None:
        counted = max(base.base, Fraction())
        if base.base < 0:
            reason = NEGATIVE_BASE
        if rule.tiers:
            bands = band_shares(rule.tiers, rule.tier_mode, before, counted)
            product = sum((band.product for band in bands), Fraction())
        else:
            product = counted * (rule.rate_bps or 0) / BPS
        raw = round_down(product)
        floor_added, cap_taken = _bound_line(rule, raw, is_attributable=base.base > 0)
        amount = raw + floor_added + cap_taken
    return CommissionLine(
        key=key,
        introducer_id=version.introducer_id,
        month=inputs.month,
        component=rule.component,
        method=rule.method,
        base=base.base,
        rate_bps=rule.rate_bps,
        bands=bands,
        measured_before=before if rule.tiers else None,
        stake=base.stake,
        total_stake=base.total_stake,
        parts=base.parts,
        raw_native=raw,
        floor_applied_native=floor_added or 0,
        cap_applied_native=cap_taken or 0,
        pre_override_native=amount,
        reason_code=reason,
    )


def _bound_line(rule: Rule, raw: int, *, is_attributable: bool) -> tuple[int, int]:
    """Return what the rule's floor adds and what its cap takes."""
    added = 0
    if rule.floor_native is not None and (is_attributable or rule.guaranteed):
        added = max(rule.floor_native - raw, 0)
    taken = 0
    if rule.cap_native is not None:
        taken = min(rule.cap_native - raw, 0)  # what a floor adds never reaches above a cap
    return added, taken


def _bounds(
    version: AgreementVersion,
    inputs: PeriodInputs,
    scope: BoundScope,
    lines: Sequence[CommissionLine],
) -> list[CommissionLine]:
    """Return the lines by which an agreement's floor and cap change a sum; none without need.

    A sum with a missing part is unknown: its bounds are null, too.
    """
    floor, cap = version.floor(scope), version.cap(scope)
    known_total = sum_or_none(line.pre_override_native for line in lines)
    is_known, total = known_total is not None, known_total or 0
    found = []
    if floor is not None:
        is_attributable = any(line.base is not None and line.base > 0 for line in lines)
        missing = floor.amount_native - total
        if not is_known or (missing > 0 and (is_attributable or floor.guaranteed)):
            added = missing if is_known else None
            found.append(_bound(version, inputs, scope, LineKind.FLOOR_TOPUP, added))
    if cap is not None and (not is_known or total > cap.amount_native):
        taken = cap.amount_native - total if is_known else None
        found.append(_bound(version, inputs, scope, LineKind.CAP_REDUCTION, taken))
    return found


def _bound(
    version: AgreementVersion,
    inputs: PeriodInputs,
    scope: BoundScope,
    kind: LineKind,
    amount: int | None,
) -> CommissionLine:
    rule_id = MONTH_RULE if scope is BoundScope.MONTH else ""
    return CommissionLine(
        key=LineKey(
            version.agreement_id,
            version.version,
            inputs.chain_id,
            inputs.period_id,
            kind,
            rule_id,
        ),
        introducer_id=version.introducer_id,
        month=inputs.month,
        raw_native=amount,
        pre_override_native=amount,
        reason_code=INCOMPLETE if amount is None else None,
    )


def _measure_key(key: LineKey) -> MeasureKey:
    return (key.rule_id, key.validator_key, key.client_id)


def _added(
    measures: Mapping[MeasureKey, Fraction | None], lines: Iterable[CommissionLine]
) -> dict[MeasureKey, Fraction | None]:
    found = dict(measures)
    for line in lines:
        if line.is_tiered:
            key = _measure_key(line.key)
            before = found.get(key, Fraction())
            if before is None or line.base is None:
                found[key] = None
            else:
                found[key] = before + max(line.base, Fraction())
    return found
