"""Made-up on-chain texts of the right form: robust addresses, Ethereum addresses, message CIDs.

Addresses carry the checksum that the network demands. Scope: the form of such texts; not here:
actor ids (``pairs``, ``allocators``).
"""

from __future__ import annotations

import base64
import hashlib
import random

_HEX_TO_BASE32 = str.maketrans("0189", "ghij")


def robust_address(rng: random.Random, protocol: int) -> str:
    """Return an ``f1…`` (key) or ``f2…`` (actor) address."""
    return f"f{protocol}{_checked(bytes([protocol]), rng.getrandbits(160).to_bytes(20, 'big'))}"


def delegated_address(ethereum: str) -> str:
    """Return the ``f410f…`` address of an Ethereum address, its native form."""
    return f"f410f{_checked(bytes([4, 10]), bytes.fromhex(ethereum.removeprefix('0x')))}"


def ethereum_address(rng: random.Random) -> str:
    """Return a ``0x…`` address in lower case."""
    return f"0x{rng.getrandbits(160):040x}"


def mixed_case(address: str) -> str:
    """Return the same Ethereum address with some letters in upper case, as checksums do."""
    digits = address.removeprefix("0x")
    return "0x" + "".join(
        digit.upper() if place % 2 else digit for place, digit in enumerate(digits)
    )


def message_cid(rng: random.Random) -> str:
    """Return a ``bafy2bzace…`` message CID."""
    return f"bafy2bzace{_digits(rng, 52)}"


def _checked(prefix: bytes, payload: bytes) -> str:
    checksum = hashlib.blake2b(prefix + payload, digest_size=4).digest()
    return base64.b32encode(payload + checksum).decode().rstrip("=").lower()


def _digits(rng: random.Random, count: int) -> str:
    return f"{rng.getrandbits(4 * count):0{count}x}".translate(_HEX_TO_BASE32)
