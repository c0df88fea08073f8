"""Weekly compliance at its boundaries (compliance §6.5, §6.6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.filplus.compliance.weekly_rules import (
    ALL_SWITCHES,
    Passed,
    ProviderWeek,
    Shares,
    Switches,
    allocator_class,
    averages,
    class_shares,
    provider_class,
    provider_tests,
)
from cdp_assets.filplus.scoring.rules import load_rules

RULES = load_rules().versions[0].compliance
HALF = Decimal("0.5")


def row(**values: Any) -> ProviderWeek:
    return ProviderWeek("f01", 4, 30, 100, Decimal("0.51"), True)._replace(**values)


@pytest.mark.parametrize(
    ("rate", "average", "passes"),
    [
        ("0.49", HALF, False),
        ("0.5", HALF, False),
        ("0.50001", HALF, True),
        ("1", Decimal(0), False),
        ("1", None, False),
    ],
)
def test_a_rate_must_exceed_a_real_average(
    rate: str, average: Decimal | None, passes: bool
) -> None:
    tests = provider_tests(row(retrievability=Decimal(rate)), average, RULES)
    assert tests.is_above_average is passes


@pytest.mark.parametrize(("clients", "passes"), [(2, False), (3, False), (4, True)])
def test_more_than_three_clients(clients: int, passes: bool) -> None:
    tests = provider_tests(row(num_of_clients=clients), HALF, RULES)
    assert tests.has_enough_clients is passes


@pytest.mark.parametrize(("biggest", "passes"), [(299, True), (300, True), (301, False)])
def test_the_biggest_client_has_thirty_percent_at_most(biggest: int, passes: bool) -> None:
    size = {"biggest_client_total_deal_size": biggest, "total_deal_size": 1000}
    assert provider_tests(row(**size), HALF, RULES).is_spread is passes


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ((True, True, True), "compliant"),
        ((True, True, False), "partiallyCompliant"),
        ((False, False, True), "partiallyCompliant"),
        ((False, False, False), "nonCompliant"),
    ],
)
def test_classes(passed: tuple[bool, bool, bool], expected: str) -> None:
    assert provider_class(Passed(*passed)) == expected


def test_with_any_test_off_nothing_is_non_compliant() -> None:
    assert len(ALL_SWITCHES) == 8
    for switches in ALL_SWITCHES:
        found = provider_class(Passed(False, False, False), switches)
        expected = "nonCompliant" if all(switches) else "partiallyCompliant"
        if not any(switches):
            expected = "compliant"
        assert found == expected


def test_averages_are_plain_means_zeros_included() -> None:
    rows = [
        row(provider="f01", retrievability=Decimal(1)),
        row(provider="f02", retrievability=Decimal(0)),
        row(provider="f03", retrievability=HALF),
    ]
    found = averages(rows, frozenset({"f01", "f02", "f09"}))
    assert (found.open_data_average, found.overall_average) == (HALF, HALF)
    assert averages([], frozenset()).overall_average is None
    assert averages(rows, frozenset()).open_data_average is None


def test_a_provider_without_a_row_counts_in_the_denominator_only() -> None:
    shares = class_shares(["compliant", "partiallyCompliant", "nonCompliant", None])
    assert shares == Shares(4, Decimal(25), Decimal(25), Decimal(25))
    assert class_shares([]) == Shares(0, Decimal(0), Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("compliant", "partially", "expected"),
    [
        ("50", "0", "compliant"),
        ("49.99", "0", "nonCompliant"),
        ("49.99", "0.01", "partiallyCompliant"),
        ("0", "50", "partiallyCompliant"),
        ("0", "49.9", "nonCompliant"),
        ("100", "0", "compliant"),
    ],
)
def test_allocators_against_the_default_threshold(
    compliant: str, partially: str, expected: str
) -> None:
    shares = Shares(10, Decimal(compliant), Decimal(partially), Decimal(0))
    assert allocator_class(shares, RULES.allocator_threshold_percentage) == expected


def test_a_third_of_the_providers_is_not_truncated() -> None:
    shares = class_shares(["compliant", None, None])
    assert Decimal("33.33") < shares.compliant < Decimal("33.34")


def test_defaults_have_all_three_tests_on() -> None:
    assert Switches() == (True, True, True)
