"""Arithmetic of scores at its edges (compliance §1.5, §5.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cdp_assets.filplus.scoring.number_rules import (
    big_int_div,
    big_int_mul,
    client_weight,
    mean,
    months_between,
    percentile,
    population_deviation,
    readable_size,
    share_percent,
)

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("dividend", "divisor", "expected"),
    [
        pytest.param(2, 3, "0.66", id="truncated, not rounded"),
        pytest.param(-2, 3, "-0.66", id="toward zero below zero"),
        pytest.param(1, 10_001, "0.00", id="a share below one hundredth is exactly 0"),
        pytest.param(10**30 + 1, 10**30, "1.00", id="past the precision of a double"),
        pytest.param(7, 7, "1.00", id="whole"),
    ],
)
def test_division_truncates(dividend: int, divisor: int, expected: str) -> None:
    assert big_int_div(dividend, divisor) == Decimal(expected)


def test_division_by_zero_raises_but_a_share_of_nothing_is_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        big_int_div(1, 0)
    assert share_percent(5, 0) == 0


def test_a_share_below_one_hundredth_of_a_percent_is_zero() -> None:
    assert share_percent(9_999, 100_000_000) == 0
    assert share_percent(10_000, 100_000_000) == Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "ratio", "expected"),
    [
        pytest.param(1_000_000, "0.0000004", 0, id="a factor below half a millionth is 0"),
        pytest.param(1_000_000, "0.0000005", 1, id="half a millionth rounds up"),
        pytest.param(3, "0.333333", 0, id="the product is truncated"),
        pytest.param(2**60 + 1, "1", 2**60 + 1, id="whole factors keep every byte"),
        pytest.param(-3, "0.5", -1, id="toward zero below zero"),
    ],
)
def test_multiplication_by_a_ratio(amount: int, ratio: str, expected: int) -> None:
    assert big_int_mul(amount, Decimal(ratio)) == expected


def test_a_client_that_never_spent_weighs_nothing() -> None:
    assert client_weight(None, NOW) == 0


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(timedelta(0), "1", id="spent now"),
        pytest.param(timedelta(days=60), "1", id="60 days"),
        pytest.param(timedelta(days=61) - timedelta(seconds=1), "1", id="a second below 61 days"),
        pytest.param(timedelta(days=61), "0.991701", id="61 days: exp(-1/120)"),
        pytest.param(timedelta(days=180), "0.367879", id="180 days: one e-folding"),
        pytest.param(timedelta(days=-3), "1", id="a deal that starts in the future"),
    ],
)
def test_weight_of_a_client(age: timedelta, expected: str) -> None:
    assert client_weight(NOW - age, NOW).quantize(Decimal("0.000001")) == Decimal(expected)


@pytest.mark.parametrize(
    ("values", "n", "expected"),
    [
        pytest.param(["1"], 25, "1", id="a single value is every percentile"),
        pytest.param(["0", "1"], 25, "0.25", id="between two"),
        pytest.param(["0", "0.5", "1"], 50, "0.5", id="the middle of three"),
        pytest.param(["0.1", "0.2", "0.4", "0.8"], 25, "0.175", id="interpolated"),
        pytest.param(["0.1", "0.2", "0.4", "0.8"], 100, "0.8", id="the last"),
    ],
)
def test_percentile(values: list[str], n: int, expected: str) -> None:
    assert percentile([Decimal(v) for v in values], n) == Decimal(expected)


def test_percentile_mean_and_deviation_of_nothing() -> None:
    assert percentile([], 50) is None
    assert mean([]) is None
    assert population_deviation([]) == 0


def test_deviation_divides_by_the_number_of_values() -> None:
    assert population_deviation([Decimal(0), Decimal(2)]) == 1
    assert population_deviation([Decimal(5)]) == 0


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2026-01-15", "2026-03-15", "2", id="whole months"),
        pytest.param("2026-01-31", "2026-02-28", "1", id="the last day of a shorter month"),
        pytest.param("2026-02-01", "2026-02-15", "0.5", id="half of a month of 28 days"),
        pytest.param("2024-02-01", "2024-02-15", "0.482759", id="half a leap February"),
        pytest.param("2026-01-01", "2026-02-16", "1.535714", id="the rest is of the next month"),
        pytest.param("2026-03-15", "2026-03-15", "0", id="the same instant"),
        pytest.param("2026-03-15", "2026-02-15", "-1", id="the end before the start"),
    ],
)
def test_months_between(start: str, end: str, expected: str) -> None:
    found = months_between(_day(start), _day(end))
    assert found.quantize(Decimal("0.000001")) == Decimal(expected).quantize(Decimal("0.000001"))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0.00 B"),
        (1023, "1023.00 B"),
        (1024, "1.00 KiB"),
        (1536 * 2**30, "1.50 TiB"),
        (34_359_738_368, "32.00 GiB"),
        (2**80, "1.00 YiB"),
        (2**95, "32768.00 YiB"),
    ],
)
def test_readable_size(size: int, expected: str) -> None:
    assert readable_size(size) == expected
