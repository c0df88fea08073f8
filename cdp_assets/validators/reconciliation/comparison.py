"""How far two amounts differ, and the severity of that (validator §10).

Plain functions over exact numbers. Thresholds are handed in: they are data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

_STEP = Decimal("1e-10")  # delta_pct is NUMERIC(38,10)
_PRECISION = 120


class Severity(StrEnum):
    """Severity of a difference."""

    PASS = "PASS"  # noqa: S105 - no password
    WARNING = "WARNING"
    ERROR = "ERROR"


class Check(StrEnum):
    """What is compared."""

    VERSION_DRIFT = "VERSION_DRIFT"
    PERIOD_OVER_PERIOD = "PERIOD_OVER_PERIOD"
    CROSS_SOURCE = "CROSS_SOURCE"
    CROSS_SOURCE_ESTIMATE = "CROSS_SOURCE_ESTIMATE"
    NETWORK_TOTAL = "NETWORK_TOTAL"
    ZERO_SHOCK = "ZERO_SHOCK"


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
        return Severity.PASS


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
    old: int
    new: int
    severity: Severity

    @property
    def delta(self) -> int:
        """New less old."""
        return self.new - self.old

    @property
    def delta_pct(self) -> Decimal | None:
        """Signed percent of the old amount, ten decimals half-even; null where that is 0."""
        if self.old == 0:
            return None
        with localcontext() as context:
            context.prec = _PRECISION
            exact = Decimal(100 * self.delta) / Decimal(self.old)
            return exact.quantize(_STEP, rounding=ROUND_HALF_EVEN)


def compare(check: Check, old: int, new: int, thresholds: Mapping[Check, Threshold]) -> Comparison:
    """Return two amounts held against each other.

    Args:
        check: What is compared.
        old: The reference, the independent total or the earlier version.
        new: The other.
        thresholds: By check.
    """
    if check is Check.VERSION_DRIFT and (old == 0) is not (new == 0):
        return Comparison(Check.ZERO_SHOCK, old, new, Severity.ERROR)
    reference = abs(old) if check is Check.VERSION_DRIFT else max(abs(old), abs(new))
    difference = Fraction(abs(new - old), max(reference, 1))
    return Comparison(check, old, new, thresholds[check].severity(difference))
