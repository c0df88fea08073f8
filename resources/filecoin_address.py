"""Filecoin addresses as the EVM knows them: f0 ids as masked addresses, f410 as 0x and back.

Belongs here: the forms and their validation. Does not: calls (``resources.evm_call``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}")
_ACTOR = re.compile(r"f0(\d{1,19})")
_DELEGATED = re.compile(r"f410f([a-z2-7]+)")
_ETHEREUM_MANAGER = b"\x04\x0a"  # protocol 4, namespace 10: the Ethereum address manager
_CHECKSUM_BYTES = 4


def actor_number(address: str) -> int:
    """Return the number of an f0 address.

    Raises:
        ValueError: Another form, or beyond 63 bits.
    """
    found = _ACTOR.fullmatch(address)
    if found is None or int(found[1]) >= 2**63:
        raise ValueError(f"{address[:60]!r} is no f0 address")
    return int(found[1])


def masked_ethereum_address(address: str) -> str:
    """Return the 0x form of an f0 id: ``0xff``, eleven zero bytes, the id."""
    return "0xff" + "00" * 11 + actor_number(address).to_bytes(8, "big").hex()


def f4_to_ethereum(address: str) -> str:
    """Return the 0x form of an f410 address, in lower case.

    Raises:
        ValueError: Another form, or a checksum that does not fit.
    """
    found = _DELEGATED.fullmatch(address)
    try:
        data = base64.b32decode((found[1] if found else "!").upper() + "=" * _padding(found))
    except binascii.Error:
        raise ValueError(f"{address[:60]!r} is no f410 address") from None
    body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    canonical = base64.b32encode(data).decode().rstrip("=").lower()
    if len(body) != 20 or checksum != _checksum(body) or not address.endswith(canonical):
        raise ValueError(f"{address[:60]!r} is mistyped: its checksum does not fit")
    return "0x" + body.hex()


def ethereum_to_f4(address: str) -> str:
    """Return the f410 form of a 0x address; a masked id has none.

    Raises:
        ValueError: Another form, or the masked form of an f0 id.
    """
    if not _ETHEREUM.fullmatch(address):
        raise ValueError(f"{address[:60]!r} is no 0x address")
    body = bytes.fromhex(address[2:])
    if body.startswith(b"\xff" + b"\0" * 11):
        raise ValueError(f"{address} stands for f0{int.from_bytes(body[12:], 'big')}, not for f4")
    text = base64.b32encode(body + _checksum(body)).decode().rstrip("=").lower()
    return f"f410f{text}"


def _padding(found: re.Match[str] | None) -> int:
    return -len(found[1]) % 8 if found else 0


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(_ETHEREUM_MANAGER + body, digest_size=_CHECKSUM_BYTES).digest()
