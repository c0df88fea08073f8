"""Keys of simulated validators: 32 bytes in base58, as the chain writes them.

Belongs here: making keys from labels. Does not: who holds them (``solana_validators``).
"""

from __future__ import annotations

import hashlib

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def solana_key(*labels: object) -> str:
    """Return the key that belongs to labels."""
    digest = hashlib.sha256(":".join(map(str, labels)).encode()).digest()
    return base58(digest)


def base58(data: bytes) -> str:
    """Encode bytes; each leading zero byte gives a ``1``."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits
