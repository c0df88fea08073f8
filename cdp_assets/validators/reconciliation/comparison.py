"""How far two amounts differ, and the severity of that (validator §10).

Plain functions over exact numbers. Thresholds are handed in: they are data (``thresholds``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

Amount = int | Fraction
_STEP = Decimal("1e-10")  # delta_pct is NUMERIC(38,10)
_PRECISION = 120


class Severity(StrEnum):
    """Severity of a difference; INFO is within the thresholds."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Check(StrEnum):
    """What is compared, as ``reconciliation_reports.check`` names it."""

    VERSION_DRIFT = "version_drift"
    PERIOD_OVER_PERIOD = "period_over_period"
    CROSS_SOURCE = "cross_source"
    NETWORK_TOTAL = "network_total"
    COMPLETENESS = "completeness"
    ZERO_SHOCK = "zero_shock"
    MISDIRECTED = "misdirected"
    RELAY_VALUE = "relay_value"


# A difference of these is relative to the earlier amount; of the others to the larger one.
_RELATIVE_TO_OLD = {Check.VERSION_DRIFT, Check.PERIOD_OVER_PERIOD}


@dataclass(frozen=True)
class Threshold:
    """Relative differences from which on a comparison warns or errs; null: never.

    Attributes:
        warning: As a fraction of the reference.
        error: The same.
    """

    warning: Fraction | None
    error: Fraction | None

    def severity(self, difference: Fraction) -> Severity:
        """Return the severity of a relative difference; one at a threshold has reached it."""
        if self.error is not None and difference >= self.error:
            return Severity.ERROR
        if self.warning is not None and difference >= self.warning:
            return Severity.WARNING
        return Severity.INFO


@dataclass(frozen=True)
class Thresholds:
    """What counts as a warning or an error.

    Attributes:
        relative: Of each check that compares two amounts.
        estimates: The same where one of the amounts is an estimate.
        fixed: Severity of each check whose findings need no comparison.
    """

    relative: Mapping[Check, Threshold]
    estimates: Mapping[Check, Threshold]
    fixed: Mapping[Check, Severity]

    def of(self, check: Check, *, is_estimate: bool) -> Threshold:
        """Return the threshold of a check."""
        plain = self.relative[check]
        return self.estimates.get(check, plain) if is_estimate else plain


@dataclass(frozen=True)
class Comparison:
    """Two amounts held against each other.

    Attributes:
        check: What was compared; a zero shock takes the place of version drift.
        old: The reference or earlier amount.
        new: The other.
        severity: Of the difference.
    """

    check: Check
    old: Amount
    new: Amount
    severity: Severity


def percent_of(old: Amount, new: Amount) -> Decimal | None:
    """Return the signed difference in percent of the old amount, ten decimals half-even.

    Null where the old amount is 0.
    """
    return None if old == 0 else rounded(100 * Fraction(new - old) / old)


def rounded(amount: Amount) -> Decimal:
    """Return an amount with ten decimals, half-even; of an integer all digits are exact."""
    with localcontext() as context:
        context.prec = _PRECISION
        exact = Decimal(amount.numerator) / Decimal(amount.denominator)
        return exact.quantize(_STEP, rounding=ROUND_HALF_EVEN)


def compare(
    check: Check, old: Amount, new: Amount, thresholds: Thresholds, *, is_estimate: bool = False
) -> Comparison:
    """Return two amounts held against each other.

    Args:
        check: What is compared.
        old: The reference, the independent total, the earlier version or period.
        new: The other.
        thresholds: What counts as a warning or an error.
        is_estimate: One of the amounts is an estimate.
    """
    if check is Check.VERSION_DRIFT and (old == 0) is not (new == 0):
        return Comparison(Check.ZERO_SHOCK, old, new, thresholds.fixed[Check.ZERO_SHOCK])
    before, after = Fraction(old), Fraction(new)
    reference = abs(before) if check in _RELATIVE_TO_OLD else max(abs(before), abs(after))
    difference = abs(after - before) / max(reference, Fraction(1))
    threshold = thresholds.of(check, is_estimate=is_estimate)
    return Comparison(check, old, new, threshold.severity(difference))
