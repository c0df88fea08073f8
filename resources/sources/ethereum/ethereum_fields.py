"""Fields of Ethereum responses: decimal texts, hex quantities, hashes and addresses, each checked.

Scope: one field of one record; not here: the records of a source (its client). All numbers are int;
hashes, keys and addresses are returned in lower case.
"""

from __future__ import annotations

import re
from typing import Any

from cdp_assets.errors import InvalidSourceResponse

LARGEST = 2**256 - 1  # uint256: the widest number of either protocol
ADDRESS_BYTES, HASH_BYTES, PUBKEY_BYTES = 20, 32, 48
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,77})")
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")


def member(record: Any, name: str) -> Any:
    """Return a field of a record; it must be there."""
    if not isinstance(record, dict) or name not in record:
        raise InvalidSourceResponse(f"the response has no field {name}")
    return record[name]


def records(value: Any, name: str) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list):
        raise InvalidSourceResponse(f"{name} is no list")
    return value


def whole(record: Any, name: str, *, least: int = 0, largest: int = LARGEST) -> int:
    """Return a whole number that is written as a decimal text."""
    text = member(record, name)
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise InvalidSourceResponse(f"{name} is {str(text)[:40]!r}, not a decimal text")
    return _within(int(text), name, least, largest)


def signed(record: Any, name: str) -> int:
    """Return a whole number that may be negative, written as a decimal text."""
    return whole(record, name, least=-LARGEST)


def quantity(record: Any, name: str) -> int:
    """Return a hex quantity of JSON-RPC, such as ``0x5208``."""
    text = member(record, name)
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text.lower()):
        raise InvalidSourceResponse(f"{name} is {str(text)[:40]!r}, not a hex quantity")
    return _within(int(text, 16), name, 0, LARGEST)


def number(record: Any, name: str) -> int:
    """Return a whole number from 0 that is written as a JSON number."""
    value = member(record, name)
    if type(value) is not int:
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a whole number")
    return _within(value, name, 0, LARGEST)


def address(record: Any, name: str) -> str:
    """Return an account's address."""
    return hex_text(member(record, name), name, ADDRESS_BYTES)


def hash32(record: Any, name: str) -> str:
    """Return a hash or root."""
    return hex_text(member(record, name), name, HASH_BYTES)


def pubkey(record: Any, name: str) -> str:
    """Return a BLS key."""
    return hex_text(member(record, name), name, PUBKEY_BYTES)


def hex_text(value: Any, name: str, size: int) -> str:
    """Return a text of ``size`` bytes in hex, in lower case."""
    if not isinstance(value, str) or not re.fullmatch(rf"0[xX][0-9a-fA-F]{{{2 * size}}}", value):
        raise InvalidSourceResponse(f"{name} is {str(value)[:100]!r}, not {size} bytes in hex")
    return value.lower()


def _within(value: int, name: str, least: int, largest: int) -> int:
    if not least <= value <= largest:
        raise InvalidSourceResponse(f"{name} is {value}, not from {least} to {largest}")
    return value
