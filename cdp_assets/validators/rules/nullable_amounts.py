"""Amounts that may be missing: a sum with a missing part is missing, too (validator §6.3).

Scope: null in, null out, in Python and as SQL; not here: rounding (``rounding``).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal


def sum_or_none(amounts: Iterable[int | None]) -> int | None:
    """Return the sum; null when a part is missing, 0 when there are no parts."""
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def int_or_none(amount: Decimal | str | None) -> int | None:
    """Return a stored amount as an integer; null stays null."""
    return None if amount is None else int(amount)


def sql_sum_or_null(column: str) -> str:
    """Return the SQL of a column's sum: null when a row has null, or there is no row."""
    return f"case when count(*) = count({column}) then sum({column}) end"
