"""DAG-CBOR as Curio writes it, from the DAG-JSON form of a block.

Belongs here: encoding. Does not: what is in a block (``ipni``).
"""

from __future__ import annotations

import base64
from typing import Any


def encode_dag_cbor(value: Any) -> bytes:
    """Return the bytes of a block; ``{"/": …}`` is a link or bytes."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode_dag_cbor, value))
    if set(value) == {"/"}:
        return _reference(value["/"])
    keys = sorted(value, key=lambda key: (len(key), key))
    members = (encode_dag_cbor(key) + encode_dag_cbor(value[key]) for key in keys)
    return _head(5, len(value)) + b"".join(members)


def _reference(inner: Any) -> bytes:
    if isinstance(inner, dict):
        raw = base64.b64decode(inner["bytes"] + "=" * (-len(inner["bytes"]) % 4))
        return _head(2, len(raw)) + raw
    text = inner[1:].upper()
    raw = b"\0" + base64.b32decode(text + "=" * (-len(text) % 8))
    return _head(6, 42) + _head(2, len(raw)) + raw


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | low]) + number.to_bytes(size, "big")
    raise ValueError("too large")
