"""Prices that statements are valued with: those of the P&L of each period (validator §6.3)."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from cdp_assets.settings import get_settings
from cdp_assets.validators.statements.content_hash import Item
from cdp_assets.validators.statements.statement_totals import Price

# All validators of a period have one price; two of them mean that the P&L is being rewritten.
_PRICES = """
select period_id, min(price), min(quote_ccy)
from validators.validator_pnl
where chain_id = %s and period_id = any(%s) and is_current and price is not null
group by period_id
having count(distinct (price, quote_ccy)) = 1
"""


def configured_currency() -> str | None:
    """Return the currency of prices; null: no source of prices is configured."""
    settings = get_settings()
    return None if settings.fx_source is None else settings.fx_currency


class PriceList:
    """Prices of a chain's periods, each read once."""

    def __init__(self, cursor: psycopg.Cursor, chain_id: str) -> None:
        self._cursor = cursor
        self._chain_id = chain_id
        self._known: dict[str, Price | None] = {}

    def of(self, items: Iterable[Item]) -> dict[str, Price]:
        """Return the prices of the items' periods; a period without one is absent."""
        periods = {item.period_id for item in items}
        unread = sorted(periods - self._known.keys())
        if unread:
            self._known |= dict.fromkeys(unread)
            rows = self._cursor.execute(_PRICES, [self._chain_id, unread]).fetchall()
            self._known |= {row[0]: Price(row[1], row[2]) for row in rows}
        return {period: price for period in periods if (price := self._known[period]) is not None}
