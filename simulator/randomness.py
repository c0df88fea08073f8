"""Seeded draws: equal labels give equal numbers on every machine.

Scope: generators and hashes from labels; not here: what is drawn with them.
"""

from __future__ import annotations

import hashlib
import random


def stream(*labels: object) -> random.Random:
    """Return a generator whose numbers depend on the labels alone."""
    return random.Random(":".join(map(str, labels)))  # noqa: S311  # repeatable, not secret


def hashed(*labels: object) -> int:
    """Return a 64-bit number that depends on the labels alone."""
    digest = hashlib.blake2b(":".join(map(str, labels)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def share(*labels: object) -> float:
    """Return a draw from [0, 1) that depends on the labels alone."""
    return hashed(*labels) / 2**64
