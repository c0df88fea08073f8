"""A root over all statements of a chain and month, and each partner's proof (validator §9.3).

Trees as in RFC 6962: a leaf is the hash of 0x00 and a statement's content hash, a node that of 0x01
and both children; n leaves split at the largest power of two below n. A proof shows hashes alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Sibling:
    """One step of a proof, from the leaf up.

    Attributes:
        side: Where the sibling is.
        digest: Its hash, hexadecimal.
    """

    side: Literal["left", "right"]
    digest: str


def merkle_root(content_hashes: Sequence[str]) -> str:
    """Return the root, hexadecimal.

    Args:
        content_hashes: Hexadecimal, of the released statements in the order of their partners.

    Raises:
        ValueError: There are none.
    """
    return _root([_leaf(text) for text in content_hashes]).hex()


def proof_of(content_hashes: Sequence[str], index: int) -> tuple[Sibling, ...]:
    """Return what leads from one statement to the root.

    Raises:
        IndexError: There is no such statement.
    """
    if not 0 <= index < len(content_hashes):
        raise IndexError(f"there are {len(content_hashes)} statements, none is number {index}")
    return tuple(_path([_leaf(text) for text in content_hashes], index))


def is_proven(content_hash: str, proof: Sequence[Sibling], root: str) -> bool:
    """Return whether a proof leads from a statement to a root."""
    digest = _leaf(content_hash)
    for step in proof:
        other = bytes.fromhex(step.digest)
        digest = _node(other, digest) if step.side == "left" else _node(digest, other)
    return digest.hex() == root


def _leaf(content_hash: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(content_hash)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        raise ValueError("a month without released statements has no root")
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return _node(_root(leaves[:half]), _root(leaves[half:]))


def _path(leaves: Sequence[bytes], index: int) -> list[Sibling]:
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    if index < half:
        return [*_path(leaves[:half], index), Sibling("right", _root(leaves[half:]).hex())]
    return [*_path(leaves[half:], index - half), Sibling("left", _root(leaves[:half]).hex())]


def _half(count: int) -> int:
    """Return the largest power of two below a count of at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
