"""Rounding and splitting: the page's vectors, and that nothing is lost."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.units import to_native
from cdp_assets.validators.rules.rounding import (
    exact_fiat_of,
    fiat_of,
    fiat_total,
    round_down,
    split,
)
from tests.unit.validators.vectors import VECTORS


@pytest.mark.parametrize("name", ["R1", "R2"])
def test_r1_r2_one_rounding_at_the_end(name: str) -> None:
    vector = VECTORS[name]
    numerator, denominator = vector["share"]
    exact = Fraction(
        int(vector["component"]) * numerator * vector["rate_bps"], denominator * 10_000
    )
    assert round_down(exact) == int(vector["expect"])


@pytest.mark.parametrize("name", ["R3", "R4"])
def test_r3_r4_largest_remainder(name: str) -> None:
    vector = VECTORS[name]
    weights = {key: int(weight) for key, weight in vector["weights"].items()}
    expected = {key: int(share) for key, share in vector["expect"].items()}
    assert split(int(vector["amount"]), weights) == expected


def test_r5_a_price_is_stored_with_eight_decimals_and_a_document_rounds_once() -> None:
    vector = VECTORS["R5"]
    amount = (int(vector["native"]), vector["decimals"], Decimal(vector["price"]))
    assert exact_fiat_of(*amount) == Decimal(vector["exact"])
    assert fiat_of(*amount) == Decimal(vector["stored"])
    assert fiat_total(exact_fiat_of(*amount)) == Decimal(vector["document"])


def test_e1_the_commission_of_a_real_validator_is_the_floor_of_its_gross() -> None:
    assert round_down(Fraction(4_102_710_541_239 * 200, 10_000)) == 82_054_210_824


def test_r6_float_dust_of_a_source_is_the_nearest_unit() -> None:
    vector = VECTORS["R6_half_even_source"]
    assert to_native(Decimal(vector["text"]), vector["decimals"]) == int(vector["expect"])


def test_the_inflation_of_a_network_is_within_a_lamport_of_the_published_one() -> None:
    """The chain multiplies doubles; this is the only figure that a double is the reference of."""
    vector = VECTORS["INFL"]
    exact = Fraction(vector["capitalization"]) * Fraction(vector["rate"])
    assert abs(round_down(exact * Fraction(vector["years"])) - int(vector["expect"])) <= 1


def test_amounts_round_toward_zero() -> None:
    assert [round_down(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-1, 0, 0, 0, 1]


def test_prices_are_rounded_half_even_whatever_the_context_of_the_caller_is() -> None:
    with localcontext() as context:
        context.rounding, context.prec = ROUND_UP, 5
        assert fiat_total(Decimal("123456789.125")) == Decimal("123456789.12")
        assert fiat_total(Decimal("0.135")) == Decimal("0.14")
        assert fiat_of(2**70 + 1, 9, Decimal("0.1")) == Decimal("118059162071.74113034")
        assert fiat_of(5, 9, Decimal(1)) == Decimal("0E-8")
        assert str(exact_fiat_of(2**256 - 1, 0, Decimal(1))) == str(2**256 - 1)


@given(
    st.integers(0, 2**256),
    st.dictionaries(st.text(min_size=1), st.integers(0, 2**128), min_size=1).filter(
        lambda weights: any(weights.values())
    ),
)
def test_i8_parts_add_up_and_are_less_than_a_unit_from_their_share(
    amount: int, weights: dict[str, int]
) -> None:
    parts = split(amount, weights)
    total = sum(weights.values())
    assert parts.keys() == weights.keys()
    assert sum(parts.values()) == amount
    for key, weight in weights.items():
        assert abs(parts[key] - Fraction(amount * weight, total)) < 1
        assert weight > 0 or parts[key] == 0


@pytest.mark.parametrize(
    ("amount", "weights"), [(-1, {"a": 1}), (1, {"a": 0}), (1, {"a": -1, "b": 3}), (1, {})]
)
def test_what_cannot_be_split_is_refused(amount: int, weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot be split"):
        split(amount, weights)
