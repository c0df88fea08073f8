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
        fiat: With 2 decimals, half-even; null: an amount or a price that it needs is not known,
            prices have several currencies, or none is configured. Amounts of 0 need no price.
        quote_ccy: Currency of ``fiat``; null with it.
    """

    native: int | None
    fiat: Decimal | None
    quote_ccy: str | None


def totals_of(
    items: Iterable[Item], prices: Mapping[str, Price], decimals: int, currency: str | None
) -> Totals:
    """Return the totals of a statement.

    Args:
        items: Of the statement.
        prices: By period id; a period without a price is absent.
        decimals: Of the chain: 10 to that power are one display unit.
        currency: Of a total without any price; null: no source of prices is configured.
    """
    by_period: dict[str, int] = {}
    for item in items:
        if item.amount_native is None:
            return Totals(None, None, None)
        by_period[item.period_id] = by_period.get(item.period_id, 0) + item.amount_native
    native = sum(by_period.values())
    valued = {period: amount for period, amount in by_period.items() if amount}
    used = [price for period, price in prices.items() if period in valued] or prices.values()
    currencies = sorted({price.quote_ccy for price in used})
    quote = currency if not currencies else currencies[0] if len(currencies) == 1 else None
    if quote is None or not valued.keys() <= prices.keys():
        return Totals(native, None, None)
    with localcontext() as context:
        context.prec = _PRECISION
        exact = sum(
            (
                exact_fiat_of(amount, decimals, prices[period].value)
                for period, amount in valued.items()
            ),
            Decimal(0),
        )
    return Totals(native, fiat_total(exact), quote)
