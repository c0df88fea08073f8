"""When a number of rows is unusual: each limit from both sides."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cdp_assets.quality.row_count_rules import Comparison, RowCountRule, compare_count

RULE = RowCountRule(factor=3, minimum_history=4, smallest_count=20)
STEADY = (90, 100, 100, 110)


@pytest.mark.parametrize(
    ("count", "finding"),
    [
        pytest.param(300, "usual", id="exactly three times the median"),
        pytest.param(301, "too many", id="one row more"),
        pytest.param(34, "usual", id="just over a third"),
        pytest.param(33, "too few", id="just under a third"),
        pytest.param(0, "too few", id="an empty partition"),
        pytest.param(100, "usual", id="the median itself"),
    ],
)
def test_a_count_is_held_against_the_median(count: int, finding: str) -> None:
    assert compare_count(count, STEADY, RULE) == Comparison(finding, Fraction(100))


def test_exactly_a_third_is_usual() -> None:
    assert compare_count(33, (99, 99, 99, 99), RULE).finding == "usual"
    assert compare_count(32, (99, 99, 99, 99), RULE).finding == "too few"


@pytest.mark.parametrize(
    ("history", "finding"),
    [
        pytest.param((100,) * 4, "too many", id="enough history"),
        pytest.param((100,) * 3, "not compared", id="one partition too few"),
        pytest.param((), "not compared", id="none"),
    ],
)
def test_too_little_history_is_not_compared(history: tuple[int, ...], finding: str) -> None:
    assert compare_count(1_000, history, RULE).finding == finding


@pytest.mark.parametrize(
    ("count", "history", "finding"),
    [
        pytest.param(0, (19, 19, 19, 19), "not compared", id="all small"),
        pytest.param(0, (20, 20, 20, 20), "too few", id="the median is large enough"),
        pytest.param(19, (1, 1, 1, 1), "not compared", id="the count is too small"),
        pytest.param(20, (1, 1, 1, 1), "too many", id="the count is large enough"),
        pytest.param(20, (0, 0, 0, 0), "too many", id="from nothing"),
    ],
)
def test_small_numbers_are_not_compared(count: int, history: tuple[int, ...], finding: str) -> None:
    assert compare_count(count, history, RULE).finding == finding


def test_one_odd_week_does_not_move_the_limits() -> None:
    history = (100, 100, 100, 100, 100, 100, 100, 1_000_000)
    assert compare_count(301, history, RULE).finding == "too many"
    assert compare_count(100, history, RULE).finding == "usual"


def test_the_order_of_the_history_does_not_matter() -> None:
    assert compare_count(301, (110, 100, 90, 100), RULE) == compare_count(301, STEADY, RULE)


@pytest.mark.parametrize(
    ("numbers", "median"),
    [
        ((), None),
        ((7,), 7),
        ((9, 1, 5), 5),
        ((1, 2), Fraction(3, 2)),
        ((4, 1, 3, 2), Fraction(5, 2)),
    ],
)
def test_the_median_is_exact(numbers: tuple[int, ...], median: Fraction | None) -> None:
    assert compare_count(1, numbers, RULE).median == median


def test_a_half_median_is_no_float() -> None:
    huge = 2**60
    assert compare_count(3 * huge + 1, (huge, huge, huge, huge + 1), RULE).finding == "too many"
    assert compare_count(3 * huge, (huge, huge, huge, huge + 1), RULE).finding == "usual"
