"""The content of a statement and its hash, which approvals are about (validator §9.3).

Plain functions; amounts are written as digits, so no reader rounds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from resources.codecs.exact_json import canonical_text


@dataclass(frozen=True)
class Header:
    """What a statement is about.

    Attributes:
        chain_id: The chain.
        introducer_id: The partner.
        month: UTC month, ``YYYY-MM``.
        revision: Counted from 1.
    """

    chain_id: str
    introducer_id: str
    month: str
    revision: int


@dataclass(frozen=True)
class Item:
    """One line of a statement.

    Attributes:
        line_id: Of the commission line.
        kind: Of the line.
        period_id: Of the line.
        validator_key: Null where the line is of no one validator.
        amount_native: What is paid; negative for a reduction or an adjustment; null while an input
            of the line is missing.
    """

    line_id: str
    kind: str
    period_id: str
    validator_key: str | None
    amount_native: int | None


def content_of(header: Header, items: Iterable[Item]) -> str:
    """Return the canonical text of a statement: items by line id, amounts as digits."""
    listed = [
        {**asdict(item), "amount_native": _digits(item.amount_native)}
        for item in sorted(items, key=lambda item: item.line_id)
    ]
    return canonical_text({"header": asdict(header), "items": listed})


def content_hash(header: Header, items: Iterable[Item]) -> str:
    """Return the hexadecimal SHA-256 of a statement's content."""
    return hashlib.sha256(content_of(header, items).encode()).hexdigest()


def _digits(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
