"""Paging: the limits of the contract, and opaque signed cursors.

A cursor holds the order values of the last row, what it was made for and the data version then. It
is signed, so that nobody can ask for a position that was never handed out. Belongs here: limits and
cursors. Does not: SQL (``query_layer.statements``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from query_layer.errors import ApiError, Code
from query_layer.registry import Kind

DEFAULT_LIMIT = 50  # spec README "One path, one answer" (b)
MAX_LIMIT = 1_000
MAX_OFFSET = 10_000
_SIGNATURE_BYTES = 16
_MAX_CURSOR_CHARACTERS = 1_024


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A position in a list.

    Attributes:
        binding: Hash of the list, sort and filters that it belongs to.
        partition: ISO day of the partition that it walks through; null for a mart without.
        version: Data version when it was made; null when none was recorded.
        after: Values of the order columns of the last row handed out.
    """

    binding: str
    partition: str | None
    version: int | None
    after: list[str | int | float]


def binding(parts: Sequence[Any]) -> str:
    """Return the hash of what a cursor is made for."""
    return hashlib.blake2b(repr(tuple(parts)).encode(), digest_size=8).hexdigest()


class CursorSigner:
    """Write and read cursors with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def write(self, cursor: Cursor) -> str:
        """Return the cursor as one base64url word."""
        payload = msgspec.json.encode(cursor)
        return base64.urlsafe_b64encode(self._sign(payload) + payload).decode().rstrip("=")

    def read(self, text: str) -> Cursor:
        """Return the cursor that this secret signed.

        Raises:
            ApiError: CURSOR_INVALID.
        """
        if len(text) > _MAX_CURSOR_CHARACTERS:
            raise cursor_error()
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise cursor_error() from None
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            raise cursor_error()
        return msgspec.json.decode(payload, type=Cursor)

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, "sha256")[:_SIGNATURE_BYTES]


def restore(values: Sequence[str | int | float], kinds: Sequence[Kind]) -> list[Any]:
    """Return a cursor's values as the database takes them: JSON has no days and no instants."""
    readers = {"date": date.fromisoformat, "timestamp": datetime.fromisoformat}
    return [
        readers[kind](str(value)) if kind in readers else value
        for value, kind in zip(values, kinds, strict=True)
    ]


def cursor_error() -> ApiError:
    """Return CURSOR_INVALID: one text for every cause, so that nothing is learnt by trying."""
    return ApiError(
        Code.CURSOR_INVALID,
        "The cursor is damaged, or was made for another sort or filter; start at the first page.",
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
