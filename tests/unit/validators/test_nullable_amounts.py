"""Sums with a missing part: null, never a smaller number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdp_assets.validators.rules.nullable_amounts import int_or_none, sum_or_none


@pytest.mark.parametrize(
    ("amounts", "total"),
    [([], 0), ([2**70, 1], 2**70 + 1), ([1, None], None), ([None], None), ([0, -3], -3)],
    ids=["no part", "beyond 64 bits", "a missing part", "all missing", "a negative part"],
)
def test_a_sum_is_null_exactly_when_a_part_is(amounts: list[int | None], total: int | None) -> None:
    assert sum_or_none(amounts) == total


def test_a_stored_amount_keeps_null_apart_from_zero() -> None:
    assert (int_or_none(None), int_or_none(Decimal(0)), int_or_none("7")) == (None, 0, 7)
