"""DAG-CBOR as IPNI publishers write it, read into the same shape as their DAG-JSON.

A link becomes ``{"/": cid}`` and bytes ``{"/": {"bytes": base64}}``, so one reader serves both.
Belongs here: the subset of CBOR that DAG-CBOR allows. Does not: what a block means
(``resources.ipni``).
"""

from __future__ import annotations

import base64
import struct
from typing import Any

_DEEPEST = 32
_LINK_TAG = 42


class NotDagCbor(ValueError):
    """The bytes are not one complete DAG-CBOR block."""


def decode_dag_cbor(data: bytes) -> Any:
    """Return the content of a block.

    Raises:
        NotDagCbor: Broken off, with bytes behind its end, too deep, or outside the subset.
    """
    value, end = _item(data, 0, 0)
    if end != len(data):
        raise NotDagCbor(f"{len(data) - end} bytes behind the end")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise NotDagCbor("nested too deeply")
    if at >= len(data):
        raise NotDagCbor("broken off")
    major, low = data[at] >> 5, data[at] & 31
    if major == 7:
        return _simple(data, at, low)
    number, at = _number(data, at + 1, low)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        raw = _take(data, at, number)
        return (_bytes(raw) if major == 2 else _text(raw)), at + number
    if major == 4:
        return _list(data, at, number, depth)
    if major == 5:
        return _map(data, at, number, depth)
    return _link(data, at, number)


def _list(data: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    values = []
    for _ in range(count):
        value, at = _item(data, at, depth + 1)
        values.append(value)
    return values, at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    for _ in range(count):
        key, at = _item(data, at, depth + 1)
        if not isinstance(key, str) or key in found:
            raise NotDagCbor("a key is no text or stands twice")
        found[key], at = _item(data, at, depth + 1)
    return found, at


def _link(data: bytes, at: int, tag: int) -> tuple[dict[str, str], int]:
    if tag != _LINK_TAG or at >= len(data) or data[at] >> 5 != 2:
        raise NotDagCbor(f"tag {tag} is no link")
    size, at = _number(data, at + 1, data[at] & 31)
    raw = _take(data, at, size)
    if not raw.startswith(b"\0"):
        raise NotDagCbor("a link does not begin with the identity prefix")
    text = base64.b32encode(raw[1:]).decode().rstrip("=").lower()
    return {"/": f"b{text}"}, at + size


def _simple(data: bytes, at: int, low: int) -> tuple[Any, int]:
    plain = {20: False, 21: True, 22: None}
    if low in plain:
        return plain[low], at + 1
    if low == 27:
        return struct.unpack(">d", _take(data, at + 1, 8))[0], at + 9
    raise NotDagCbor(f"value {low} is outside DAG-CBOR")


def _number(data: bytes, at: int, low: int) -> tuple[int, int]:
    if low < 24:
        return low, at
    if low > 27:
        raise NotDagCbor("indefinite lengths are outside DAG-CBOR")
    size = 1 << (low - 24)
    return int.from_bytes(_take(data, at, size), "big"), at + size


def _take(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise NotDagCbor("broken off")
    return data[at : at + size]


def _bytes(raw: bytes) -> dict[str, dict[str, str]]:
    return {"/": {"bytes": base64.b64encode(raw).decode().rstrip("=")}}


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise NotDagCbor("a text is no UTF-8") from None
