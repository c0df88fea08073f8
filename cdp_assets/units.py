"""Units and chain constants: the only place with such numbers.

Scope: conversions between a chain's own units and time, bytes or display units, and how a number of
things is written; not here: anything that reads a clock (``cdp_assets.clock``) or a database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

FILECOIN_GENESIS_UNIX_S = 1_598_306_400  # mainnet genesis, 2020-08-24T22:00:00Z (compliance §1.2)
FILECOIN_EPOCH_SECONDS = 30  # protocol constant
FILPLUS_START_HEIGHT = 3_698_160  # 2024-03-01T00:00:00Z, "NV22" (compliance §1.3)
EDITION_6_START_HEIGHT = 5_129_520  # 2025-07-11T00:00:00Z (compliance §1.3)

SOL_DECIMALS = 9  # lamports per SOL = 10^9
WEI_PER_GWEI = 10**9  # amounts of the beacon chain are in gwei (validator §1)

_FILECOIN_GENESIS = datetime.fromtimestamp(FILECOIN_GENESIS_UNIX_S, UTC)


def height_to_time(height: int) -> datetime:
    """Return the UTC start of a Filecoin epoch.

    Args:
        height: Epoch number since genesis, 30 seconds each.

    Raises:
        OverflowError: The instant is after the year 9999.
    """
    return _FILECOIN_GENESIS + timedelta(seconds=FILECOIN_EPOCH_SECONDS * height)


def time_to_height(instant: datetime) -> int:
    """Return the Filecoin epoch that contains an instant, rounded down (compliance §1.2)."""
    elapsed = instant - _FILECOIN_GENESIS
    return elapsed // timedelta(seconds=FILECOIN_EPOCH_SECONDS)


def to_native(display: Decimal, decimals: int) -> int:
    """Convert a display amount (SOL, ETH) to the chain's smallest unit, half-even.

    Source reals carry float dust; the nearest integer is the amount (validator §1).
    """
    with localcontext() as context:
        context.prec = 120
        scaled = display.scaleb(decimals)
        return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number of things in words: ``1 row``, ``2,000 rows``.

    Args:
        number: How many; thousands are separated by commas.
        noun: One of them.
        plural: Several of them; null adds an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
