"""Totals of a statement: native units exactly, fiat rounded once (validator §1, §9.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from cdp_assets.validators.rules.rounding import exact_fiat_of, fiat_total
from cdp_assets.validators.statements.content_hash import Item

_PRECISION = 200  # digits; a sum of exact products of 78 and 38 digits fits


@dataclass(frozen=True)
class Price:
    """Price of one display unit of the chain at the end of a period.

    Attributes:
        value: In the quote currency.
        quote_ccy: The currency.
    """

    value: Decimal
    quote_ccy: str


@dataclass(frozen=True)
class Totals:
    """Totals of a statement.

    Attributes:
        native: Smallest units of the chain; null: the amount of an item is not known.
        fiat: With 2 decimals, half-even; null: an amount or the price of one of its periods is not
            known, or prices have several currencies.
        quote_ccy: Currency of ``fiat``; null with it.
    """

    native: int | None
    fiat: Decimal | None
    quote_ccy: str | None


def totals_of(items: Iterable[Item], prices: Mapping[str, Price], decimals: int) -> Totals:
    """Return the totals of a statement.

    Args:
        items: Of the statement.
        prices: By period id; a period without a price is absent.
        decimals: Of the chain: 10 to that power are one display unit.
    """
    by_period: dict[str, int] = {}
    for item in items:
        if item.amount_native is None:
            return Totals(None, None, None)
        by_period[item.period_id] = by_period.get(item.period_id, 0) + item.amount_native
    native = sum(by_period.values())
    used = {period: prices.get(period) for period in by_period}
    currencies = {price.quote_ccy for price in used.values() if price is not None}
    if None in used.values() or len(currencies) != 1:
        return Totals(native, None, None)
    with localcontext() as context:
        context.prec = _PRECISION
        exact = sum(
            (
                exact_fiat_of(amount, decimals, price.value)
                for period, amount in by_period.items()
                if (price := used[period]) is not None
            ),
            Decimal(0),
        )
    return Totals(native, fiat_total(exact), currencies.pop())
