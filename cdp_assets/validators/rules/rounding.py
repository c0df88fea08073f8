"""Rounding of amounts: one quantisation per amount, at its end (validator §1).

Plain functions of integers, fractions and decimals; nothing passes through a float.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

BPS = 10_000  # basis points of the whole
_FIAT_STORED = Decimal("1e-8")
_FIAT_SHOWN = Decimal("0.01")
_PRECISION = 120  # digits; the least that validator §1 allows


def round_down(exact: Fraction) -> int:
    """Return an amount in native units, rounded toward zero."""
    return math.trunc(exact)


def split(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Return an amount spread over keys by largest remainder; the parts add up to it exactly.

    Each share is rounded down; the missing units go one by one to the largest remainders, ties to
    the smaller key.

    Args:
        amount: Native units, at least 0.
        weights: Of each key, at least 0; those of 0 get nothing.

    Raises:
        ValueError: The amount or a weight is negative, or all weights are 0.
    """
    total = sum(weights.values())
    if amount < 0 or total == 0 or min(weights.values()) < 0:
        raise ValueError(f"{amount} cannot be split over weights {dict(weights)}")
    parts = {key: divmod(amount * weight, total) for key, weight in sorted(weights.items())}
    shares = {key: share for key, (share, _) in parts.items()}
    missing = amount - sum(shares.values())
    by_remainder = sorted(parts, key=lambda key: (-parts[key][1], key))
    for key in by_remainder[:missing]:
        shares[key] += 1
    return shares


def fiat_of(native: int, decimals: int, price: Decimal) -> Decimal:
    """Return the price of an amount with 8 decimals, half-even, as lines store it.

    Args:
        native: Native units.
        decimals: Of the chain: 10 to that power are one display unit.
        price: Quote currency per display unit.
    """
    return _quantized(exact_fiat_of(native, decimals, price), _FIAT_STORED)


def exact_fiat_of(native: int, decimals: int, price: Decimal) -> Decimal:
    """Return the price of an amount, not rounded."""
    with localcontext() as context:
        context.prec = _PRECISION
        return Decimal(native).scaleb(-decimals) * price


def fiat_total(exact: Decimal) -> Decimal:
    """Return a document's total with 2 decimals, half-even, from the sum that is not rounded."""
    return _quantized(exact, _FIAT_SHOWN)


def _quantized(value: Decimal, step: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = _PRECISION
        return value.quantize(step, rounding=ROUND_HALF_EVEN)
