"""Keys, addresses and hashes of the simulated chain, in hex as its services write them.

Scope: texts from labels; roots and block hashes contain their slot, so that a service finds the
block of a hash without an index.
"""

from __future__ import annotations

import hashlib

ROOT_MARK, BLOCK_MARK = "0a", "0b"
_SLOT = slice(4, 20)


def hex_text(size: int, *labels: object) -> str:
    """Return ``size`` bytes in hex that depend on the labels alone."""
    digest = hashlib.shake_256(":".join(map(str, labels)).encode()).hexdigest(size)
    return f"0x{digest}"


def address(*labels: object) -> str:
    """Return an account's address."""
    return hex_text(20, *labels)


def pubkey(*labels: object) -> str:
    """Return a BLS key."""
    return hex_text(48, *labels)


def hash_of_slot(mark: str, slot: int, *labels: object) -> str:
    """Return a hash of 32 bytes that contains a slot."""
    return f"0x{mark}{slot:016x}{hex_text(23, mark, slot, *labels)[2:]}"


def slot_of_hash(mark: str, text: str) -> int | None:
    """Return the slot in a hash; null when it is none of this chain."""
    if len(text) != 66 or not text.startswith(f"0x{mark}"):
        return None
    try:
        return int(text[_SLOT], 16)
    except ValueError:
        return None
