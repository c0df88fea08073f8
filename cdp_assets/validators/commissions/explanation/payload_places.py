"""Where an amount is in a stored response: the JSON place of each number that counts.

Plain functions over exact JSON. Scope: finding places; not here: which responses a row was built
from (``explain``), or what a source means (its adapter).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

# Fields of sources that hold an amount of the object that names a validator.
AMOUNT_FIELDS = frozenset(
    {
        "amount",
        "fees",
        "lamports",
        "mev_commission",
        "mev_revenue",
        "mev_rewards",
        "reward",
        "total",
        "value",
    }
)
_PLAIN = re.compile(r"[A-Za-z_]\w*")


def places_of(
    document: Any, amounts: Collection[int], names: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the places that an amount comes from, each with what is there.

    Those are fields of money in an object that names one of the keys, and numbers that equal one of
    the amounts, 0 excepted.

    Args:
        document: A response, with integers as int and reals as Decimal.
        amounts: Of the row, in the smallest unit.
        names: Keys of the validator and its stakers.
    """
    wanted = {amount for amount in amounts if amount}
    yield from _walk(document, "$", wanted, set(names), is_named=False)


def _walk(
    node: Any, path: str, amounts: set[int], names: set[str], *, is_named: bool
) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        named = any(isinstance(value, str) and value in names for value in node.values())
        for key, value in node.items():
            counts = named and key in AMOUNT_FIELDS
            place = f"{path}.{key}" if _PLAIN.fullmatch(key) else f"{path}['{key}']"
            yield from _walk(value, place, amounts, names, is_named=counts or key in names)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _walk(value, f"{path}[{number}]", amounts, names, is_named=is_named)
    elif (amount := _number(node)) is not None and (is_named or amount in amounts):
        yield path, str(node)


def _number(value: Any) -> int | Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return None
