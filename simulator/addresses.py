"""Made-up on-chain texts of the right form: robust addresses, Ethereum addresses, message CIDs.

Belongs here: the form of such texts. Does not: actor ids (``pairs``, ``allocators``).
"""

from __future__ import annotations

import random

_HEX_TO_BASE32 = str.maketrans("0189", "ghij")


def robust_address(rng: random.Random, protocol: int) -> str:
    """Return an ``f1…`` (key) or ``f2…`` (actor) address."""
    return f"f{protocol}{_digits(rng, 39)}"


def delegated_address(rng: random.Random) -> str:
    """Return an ``f410f…`` address, the native form of a contract's address."""
    return f"f410f{_digits(rng, 39)}"


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


def _digits(rng: random.Random, count: int) -> str:
    return f"{rng.getrandbits(4 * count):0{count}x}".translate(_HEX_TO_BASE32)
