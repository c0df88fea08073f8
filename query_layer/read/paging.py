"""Paging: the limits of the contract, and opaque signed cursors.

A cursor holds the order values of the last row, its list and the data version at that time. It is
signed, so that a client can only request positions that the service returned. Scope: limits and
cursors; not here: SQL (``query_layer.read.statements``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from itsdangerous import BadData, Signer, base64_decode, base64_encode

from query_layer.errors import ApiError, Code
from query_layer.registry.column import Kind

DEFAULT_LIMIT = 50  # spec README "One path, one answer" (b)
MAX_LIMIT = 1_000
MAX_OFFSET = 10_000
_MAX_CURSOR_CHARACTERS = 1_024


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A position in a list.

    Attributes:
        binding: Hash of the list, sort and filters that it belongs to.
        partition: ISO day of the partition that it pages through; null for a mart without.
        version: Data version when it was issued; null when none was recorded.
        after: Values of the order columns of the last row returned.
    """

    binding: str
    partition: str | None
    version: int | None
    after: list[str | int | float | bool | None]


def binding(parts: Sequence[Any]) -> str:
    """Return the hash of the list to which a cursor belongs."""
    return hashlib.blake2b(repr(tuple(parts)).encode(), digest_size=8).hexdigest()


class CursorSigner:
    """Write and read cursors with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(
            secret, salt=b"cursor", key_derivation="hmac", digest_method=hashlib.sha256
        )

    def write(self, cursor: Cursor) -> str:
        """Return the cursor as URL-safe text: payload.signature."""
        return self._signer.sign(base64_encode(msgspec.json.encode(cursor))).decode()

    def read(self, text: str) -> Cursor:
        """Return the cursor that this secret signed.

        Raises:
            ApiError: CURSOR_INVALID.
        """
        if len(text) > _MAX_CURSOR_CHARACTERS:
            raise cursor_error()
        try:
            payload = base64_decode(self._signer.unsign(text))
        except (BadData, ValueError):  # a character that is not UTF-8 is no BadData
            raise cursor_error() from None
        return msgspec.json.decode(payload, type=Cursor)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "decimal": Decimal,
}


def restore(values: Sequence[str | int | float | bool | None], kinds: Sequence[Kind]) -> list[Any]:
    """Return a cursor's values in the database's types: JSON has no days, instants or decimals."""
    return [
        _READERS[kind](str(value)) if kind in _READERS and value is not None else value
        for value, kind in zip(values, kinds, strict=True)
    ]


def cursor_error() -> ApiError:
    """Return CURSOR_INVALID: one text for every cause, so that trying reveals nothing."""
    return ApiError(
        Code.CURSOR_INVALID,
        "The cursor is damaged, or belongs to another sort or filter; start at the first page.",
        {"parameter": "cursor"},
    )


def require_shallow(offset: int) -> None:
    """Raise OFFSET_TOO_DEEP for an offset that a cursor must replace."""
    if offset > MAX_OFFSET:
        raise ApiError(
            Code.OFFSET_TOO_DEEP,
            f"An offset may be at most {MAX_OFFSET:,}; page on with meta.page.next_cursor.",
            {"offset": offset, "max_offset": MAX_OFFSET, "use": "cursor"},
        )
