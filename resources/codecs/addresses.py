"""Filecoin and Ethereum addresses: reading, checking, and one form from the other.

Textual form of the protocol: network letter (f main, t test), protocol digit, payload. 0: actor
id; 1: secp256k1 key, 2: actor, 3: BLS key: payload and checksum in base 32; 4: delegated, a
namespace in decimals, ``f``, subaddress and checksum; namespace 10 is the Ethereum address manager,
so ``f410f…`` and ``0x…`` are the same account. The checksum is 4 bytes of BLAKE2b over protocol and
payload. An id has a masked Ethereum form: ``0xff``, eleven zero bytes, the id in eight bytes.
Leading zeros of an id are read and never written, as in the node's own address library
(go-address). Scope: these conversions; not here: looking up which id an address has.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cdp_assets.errors import PermanentFailure

ETHEREUM_NAMESPACE = 10  # the Ethereum address manager's actor id, FRC-0053 / FIP-0048
_LARGEST_ID = 2**63 - 1
_LARGEST_SUBADDRESS_BYTES = 54
_PAYLOAD_BYTES = {1: 20, 2: 20, 3: 48}
_CHECKSUM_BYTES = 4
_MASK = b"\xff" + bytes(11)
_TEXT = re.compile(r"([ft])([0-4])([a-z0-9]+)")
_ID = re.compile(r"[0-9]{1,19}")  # 19: the digits of the largest id, leading zeros included
_DELEGATED = re.compile(r"(0|[1-9][0-9]*)f([a-z2-7]*)")
_ETHEREUM = re.compile(r"0[xX][0-9a-fA-F]{40}")


class BadAddress(PermanentFailure):
    """A text that is not an address, or not of the needed kind."""


@dataclass(frozen=True)
class Address:
    """One address of the main network.

    Attributes:
        protocol: 0 to 4.
        payload: Key, hash or subaddress; empty for an id.
        number: The id (protocol 0) or the namespace (protocol 4); else null.
    """

    protocol: int
    payload: bytes = b""
    number: int | None = None

    def __str__(self) -> str:
        if self.protocol == 0:
            return f"f0{self.number}"
        checked = _base32(self.payload + _checksum(self))
        if self.protocol == 4:
            return f"f4{self.number}f{checked}"
        return f"f{self.protocol}{checked}"


def read_address(text: str) -> Address:
    """Read a Filecoin address, of the main or the test network, and check it.

    Raises:
        BadAddress: No address: unknown form, wrong length, wrong checksum, upper case.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise _bad(text, "is no Filecoin address")
    protocol, rest = int(found[2]), found[3]
    if protocol == 0:
        return _read_id(text, rest)
    if protocol == 4:
        return _read_delegated(text, rest)
    payload, checksum = _split(text, rest)
    if len(payload) != _PAYLOAD_BYTES[protocol]:
        raise _bad(text, "has the wrong length")
    return _verified(text, Address(protocol, payload), checksum)


def one_form(text: str) -> str:
    """Return the Filecoin form of an address in any form: ``f0…`` of an id, ``f410f…`` of ``0x…``.

    Raises:
        BadAddress: Neither a Filecoin nor an Ethereum address.
    """
    is_ethereum = _ETHEREUM.fullmatch(text) is not None
    return from_ethereum(text) if is_ethereum else str(read_address(text))


def one_form_or_text(text: str) -> str:
    """Return the Filecoin form of an address; any other text is returned as it is."""
    try:
        return one_form(text)
    except BadAddress:
        return text


def actor_id_of(text: str) -> str | None:
    """Return the ``f0…`` id that a text denotes in any form; null for any other text."""
    form = one_form_or_text(text)
    return form if is_address(form) and form.startswith("f0") else None


def actor_number(text: str) -> int:
    """Return the number of an ``f0…`` id.

    Raises:
        BadAddress: No address, or one of another kind.
    """
    address = read_address(text)
    if address.protocol != 0 or address.number is None:
        raise _bad(text, "is no actor id")
    return address.number


def is_address(text: object) -> bool:
    """Return whether a value is a Filecoin address."""
    if not isinstance(text, str):
        return False
    try:
        read_address(text)
    except BadAddress:
        return False
    return True


def to_ethereum(text: str) -> str:
    """Return the Ethereum form of ``f410f…`` or of an id, in lower case.

    Raises:
        BadAddress: No address, or one without an Ethereum form (a key, an actor's hash).
    """
    address = read_address(text)
    if address.protocol == 0:
        assert address.number is not None
        return "0x" + (_MASK + address.number.to_bytes(8, "big")).hex()
    if address.protocol != 4 or address.number != ETHEREUM_NAMESPACE or len(address.payload) != 20:
        raise _bad(text, "has no Ethereum form")
    return "0x" + address.payload.hex()


def from_ethereum(text: str) -> str:
    """Return ``f410f…`` of an Ethereum address in any case, ``f0…`` of a masked id.

    Raises:
        BadAddress: No Ethereum address.
    """
    if _ETHEREUM.fullmatch(text) is None:
        raise _bad(text, "is no Ethereum address")
    payload = bytes.fromhex(text[2:])
    if payload.startswith(_MASK):
        return str(Address(0, number=int.from_bytes(payload[12:], "big")))
    return str(Address(4, payload, ETHEREUM_NAMESPACE))


def _read_id(text: str, rest: str) -> Address:
    if _ID.fullmatch(rest) is None or int(rest) > _LARGEST_ID:
        raise _bad(text, "is no actor id")
    return Address(0, number=int(rest))


def _read_delegated(text: str, rest: str) -> Address:
    found = _DELEGATED.fullmatch(rest)
    if found is None or int(found[1]) > _LARGEST_ID:
        raise _bad(text, "is no delegated address")
    payload, checksum = _split(text, found[2])
    if len(payload) > _LARGEST_SUBADDRESS_BYTES:
        raise _bad(text, "has the wrong length")
    return _verified(text, Address(4, payload, int(found[1])), checksum)


def _split(text: str, encoded: str) -> tuple[bytes, bytes]:
    """Return payload and checksum; only the canonical spelling of the bytes is accepted."""
    padded = encoded.upper() + "=" * (-len(encoded) % 8)
    try:
        decoded = base64.b32decode(padded)
    except binascii.Error:
        raise _bad(text, "is not base 32") from None
    if len(decoded) < _CHECKSUM_BYTES or _base32(decoded) != encoded:
        raise _bad(text, "is not base 32")
    return decoded[:-_CHECKSUM_BYTES], decoded[-_CHECKSUM_BYTES:]


def _verified(text: str, address: Address, checksum: bytes) -> Address:
    if _checksum(address) != checksum:
        raise _bad(text, "has a wrong checksum")
    return address


def _checksum(address: Address) -> bytes:
    namespace = b"" if address.number is None else _leb128(address.number)
    content = bytes([address.protocol]) + namespace + address.payload
    return hashlib.blake2b(content, digest_size=_CHECKSUM_BYTES).digest()


def _leb128(number: int) -> bytes:
    """Return the variable-length form in which the protocol hashes a namespace."""
    digits = bytearray()
    while True:
        number, digit = number >> 7, number & 0x7F
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)


def _base32(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()


def _bad(text: str, what: str) -> BadAddress:
    return BadAddress(f"{text[:100]!r} {what}", hint="check where the address comes from")
