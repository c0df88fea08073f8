"""Keys of simulated validators: 32 bytes in base58, as the chain writes them.

Scope: keys derived from labels; not here: their validators (``validators``).
"""

from __future__ import annotations

import hashlib

import libipld


def solana_key(*labels: object) -> str:
    """Return the key of labels."""
    digest = hashlib.sha256(":".join(map(str, labels)).encode()).digest()
    return base58(digest)


def base58(data: bytes) -> str:
    """Return bytes in base58 of Bitcoin's alphabet."""
    return libipld.encode_multibase("z", data)[1:]
