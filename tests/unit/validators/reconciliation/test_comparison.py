"""Comparisons: real restatements and totals with the severities of validator §10."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.reconciliation.comparison import (
    Amount,
    Check,
    Severity,
    compare,
    percent_of,
)
from cdp_assets.validators.reconciliation.thresholds import load_thresholds
from tests.unit.validators.vectors import VECTORS

DEFAULTS = load_thresholds()


def lamports(text: str) -> int:
    """Return an amount of SOL in lamports."""
    return to_native(Decimal(text), SOL_DECIMALS)


@pytest.mark.parametrize(
    ("old", "new", "check", "is_estimate", "severity"),
    [
        ("12423.411627377", "22456.33167391", Check.VERSION_DRIFT, False, Severity.ERROR),
        ("7043.029800373", "22124.823544593", Check.VERSION_DRIFT, False, Severity.ERROR),
        ("5912.393097576", "5909.802052471", Check.NETWORK_TOTAL, False, Severity.INFO),
        ("143831.15258338035", "142505.131050881", Check.CROSS_SOURCE, True, Severity.INFO),
        ("143831.15258338035", "142505.131050881", Check.NETWORK_TOTAL, True, Severity.INFO),
        ("143831.15258338035", "142505.131050881", Check.NETWORK_TOTAL, False, Severity.WARNING),
    ],
)
def test_real_differences_have_the_pages_severity(
    old: str, new: str, check: Check, *, is_estimate: bool, severity: Severity
) -> None:
    found = compare(check, lamports(old), lamports(new), DEFAULTS, is_estimate=is_estimate)
    assert found.severity is severity


@pytest.mark.parametrize("vector", VECTORS["D"], ids=lambda vector: vector["old"])
def test_percents_are_signed_and_null_on_a_zero_base(vector: dict[str, str | None]) -> None:
    found = percent_of(lamports(str(vector["old"])), lamports(str(vector["new"])))
    expected = vector["delta_pct"]
    assert (found is None) is (expected is None)
    if expected is not None and found is not None:
        assert round(found, 6) == Decimal(expected)
        assert found.as_tuple().exponent == -10


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 0)])
def test_to_or_from_zero_is_a_shock_of_its_own(old: int, new: int) -> None:
    found = compare(Check.VERSION_DRIFT, old, new, DEFAULTS)
    assert (found.check, found.severity) == (Check.ZERO_SHOCK, Severity.ERROR)


@pytest.mark.parametrize(
    ("check", "old", "new", "severity"),
    [
        (Check.VERSION_DRIFT, 0, 0, Severity.INFO),
        (Check.VERSION_DRIFT, 1_000, 1_009, Severity.INFO),
        (Check.VERSION_DRIFT, 1_000, 1_010, Severity.WARNING),
        (Check.VERSION_DRIFT, 1_000, 900, Severity.ERROR),
        (Check.CROSS_SOURCE, 0, 1, Severity.ERROR),
        (Check.CROSS_SOURCE, 10_000, 9_991, Severity.INFO),
        (Check.CROSS_SOURCE, 10_000, 9_990, Severity.WARNING),
        (Check.PERIOD_OVER_PERIOD, 100, 1, Severity.WARNING),
        (Check.PERIOD_OVER_PERIOD, 100, 149, Severity.INFO),
        (Check.PERIOD_OVER_PERIOD, 100, 150, Severity.WARNING),
        (Check.PERIOD_OVER_PERIOD, Fraction(1, 3), Fraction(2, 3), Severity.INFO),
    ],
)
def test_a_difference_at_a_threshold_has_reached_it(
    check: Check, old: Amount, new: Amount, severity: Severity
) -> None:
    assert compare(check, old, new, DEFAULTS).severity is severity
