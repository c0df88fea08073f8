"""Compliance of providers and allocators in a week: three tests and a threshold.

Scope: points and classes (compliance §6.5, §6.6); not here: rows and weeks (``weekly_tables``).
Python, because each rule is a function with test cases of its own. A test that is switched off
gives its point, as the live platform does (R-28), so with any test off no provider is
non-compliant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Literal, NamedTuple

from cdp_assets.filplus.scoring.number_rules import mean
from cdp_assets.filplus.scoring.rules import ComplianceRules

ComplianceClass = Literal["compliant", "partiallyCompliant", "nonCompliant"]
_ALL_TESTS = 3


class ProviderWeek(NamedTuple):
    """One provider in one week, running totals (compliance §3.10). Bytes; rate 0 to 1.

    A provider that was not measured has the rate 0, as it counts in averages and tests.
    """

    provider: str
    num_of_clients: int
    biggest_client_total_deal_size: int
    total_deal_size: int
    retrievability: Decimal
    is_measured: bool


class Switches(NamedTuple):
    """Which tests count; all by default."""

    retrievability: bool = True
    number_of_clients: bool = True
    total_deal_size: bool = True


ALL_SWITCHES = tuple(Switches(*values) for values in product((True, False), repeat=3))


class Passed(NamedTuple):
    """What a provider passed, before any switch."""

    is_above_average: bool
    has_enough_clients: bool
    is_spread: bool


class Shares(NamedTuple):
    """Providers of an allocator by class, percent of all of them, not truncated."""

    total: int
    compliant: Decimal
    partially: Decimal
    non_compliant: Decimal


@dataclass(frozen=True)
class WeekAverages:
    """Averages of a week that providers are compared with; null without rows."""

    open_data_average: Decimal | None
    overall_average: Decimal | None


def averages(rows: Iterable[ProviderWeek], open_data: frozenset[str]) -> WeekAverages:
    """Return the plain means over providers, zeros included."""
    listed = list(rows)
    return WeekAverages(
        mean([row.retrievability for row in listed if row.provider in open_data]),
        mean([row.retrievability for row in listed]),
    )


def provider_tests(row: ProviderWeek, average: Decimal | None, rules: ComplianceRules) -> Passed:
    """Return what a provider passes.

    Args:
        row: The provider's week.
        average: Retrievability that it must exceed; null or 0: no provider exceeds it.
        rules: Limits.
    """
    biggest = row.biggest_client_total_deal_size * 100
    return Passed(
        bool(average) and row.retrievability > (average or 0),
        row.num_of_clients > rules.more_than_clients,
        biggest <= rules.max_biggest_client_percentage * row.total_deal_size,
    )


def provider_class(tests: Passed, switches: Switches = Switches()) -> ComplianceClass:  # noqa: B008
    """Return the class of a provider: all three points, none, or between."""
    points = sum(passed or not is_on for passed, is_on in zip(tests, switches, strict=True))
    if points == _ALL_TESTS:
        return "compliant"
    return "partiallyCompliant" if points else "nonCompliant"


def class_shares(classes: Iterable[ComplianceClass | None]) -> Shares:
    """Return the shares of an allocator's providers; null: a provider without a row that week."""
    listed = list(classes)
    total = len(listed)

    def share(name: str) -> Decimal:
        return Decimal(100 * listed.count(name)) / total if total else Decimal(0)  # type: ignore[arg-type]

    return Shares(total, share("compliant"), share("partiallyCompliant"), share("nonCompliant"))


def allocator_class(shares: Shares, threshold: Decimal) -> ComplianceClass:
    """Return the class of an allocator for a threshold in percent (R-29: the default is 50)."""
    if shares.compliant >= threshold:
        return "compliant"
    if shares.compliant + shares.partially >= threshold:
        return "partiallyCompliant"
    return "nonCompliant"
