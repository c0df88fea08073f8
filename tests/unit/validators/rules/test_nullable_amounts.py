"""Amounts that may be unknown."""

from __future__ import annotations

from decimal import Decimal

from cdp_assets.validators.rules.nullable_amounts import (
    int_or_none,
    sql_sum_or_null,
    sum_or_none,
)


def test_a_sum_with_a_missing_part_is_unknown_and_that_of_nothing_is_zero() -> None:
    assert sum_or_none([]) == 0
    assert sum_or_none([1, -3, 2**256]) == 2**256 - 2
    assert sum_or_none([1, None]) is None


def test_a_stored_amount_keeps_every_digit_and_null_stays_null() -> None:
    assert int_or_none(None) is None
    assert int_or_none(Decimal(2**256 - 1)) == 2**256 - 1
    assert int_or_none("-7") == -7


def test_a_sum_in_sql_is_null_where_a_row_is() -> None:
    assert sql_sum_or_null("a") == "case when count(*) = count(a) then sum(a) end"
