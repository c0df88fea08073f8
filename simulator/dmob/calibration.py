"""Measured distributions of the real network, as tables of numbers.

Scope: shares and quantiles with the origin of each number, and reading a quantile table; not here:
the code that turns them into rows (``pairs``, ``deals``, ``clients``, ``allocators``). Source: the
calibration page of the Filecoin data; its marks [U], [K], [V], [R] are used here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

GIB = 1 << 30
MIB = 1 << 20
TIB = 1 << 40
PIB = 1 << 50

Quantiles = Sequence[tuple[float, float]]

# [K] deals per client with deals; the lowest tenth has one deal.
DEALS_PER_CLIENT: Quantiles = (
    (0.0, 1),
    (0.10, 1),
    (0.25, 2),
    (0.50, 42),
    (0.75, 1_056),
    (0.90, 43_160),
    (0.95, 86_552),
    (0.99, 173_994),
    (1.0, 775_738),
)
# [K] providers per client with deals.
PROVIDERS_PER_CLIENT: Quantiles = (
    (0.0, 1),
    (0.25, 1),
    (0.50, 2),
    (0.75, 7),
    (0.90, 18),
    (0.95, 26),
    (0.99, 46),
    (1.0, 134),
)
# [K] share of a client's largest provider, 0-1.
TOP_PROVIDER_SHARE: Quantiles = (
    (0.0, 0.08),
    (0.10, 0.174),
    (0.25, 0.319),
    (0.50, 0.769),
    (0.75, 1.0),
    (1.0, 1.0),
)
# [K] bytes of one grant to a client.
GRANT_BYTES: Quantiles = (
    (0.0, 32 * GIB),
    (0.50, 32 * GIB),
    (0.75, 100 * TIB),
    (0.90, 471 * TIB),
    (0.95, 800 * TIB),
    (0.99, 1_600 * TIB),
    (1.0, 3_860 * TIB),
)
# [K] grants per client: one 77 %, two 8 %, three to nine 13.5 %, ten or more 1.6 %.
GRANTS_PER_CLIENT: Quantiles = (
    (0.0, 1),
    (0.769, 1),
    (0.77, 2),
    (0.849, 2),
    (0.85, 3),
    (0.984, 9),
    (0.985, 10),
    (1.0, 16),
)

# [U] padded bytes of a piece and how many of 1,000 have it; the last five stand for "below 1 GiB".
PIECE_SIZES: Sequence[tuple[int, int]] = (
    (32 * GIB, 868),
    (64 * GIB, 91),
    (16 * GIB, 19),
    (8 * GIB, 8),
    (4 * GIB, 6),
    (2 * GIB, 2),
    (1 * GIB, 1),
    (512 * MIB, 1),
    (256 * MIB, 1),
    (64 * MIB, 1),
    (8 * MIB, 1),
    (1 * MIB, 1),
)
MEAN_PIECE_BYTES = sum(size * count for size, count in PIECE_SIZES) // 1_000


class RowType(NamedTuple):
    """One value of ``unified_verified_deal.type`` with its counts in the real extract [U]."""

    name: str
    rows: int  # rows with a usable termStart in that edition
    direct: int  # of these, with dealId = 0
    no_claim: int  # of these, with claimId = 0
    sector_zero: int  # of these, with sectorId '0'
    sector_null_text: int  # of these, with sectorId 'null'
    slashed: int  # of these, with slashedEpoch <> 0


# [U] 765 rows of the current edition; 509 of them (66.5 %) have dealId = 0.
CURRENT_TYPES: Sequence[RowType] = (
    RowType("claim", 390, 330, 0, 0, 3, 0),
    RowType("claimUpdated", 153, 109, 0, 0, 107, 0),
    RowType("deal", 132, 0, 118, 31, 0, 18),
    RowType("claimUpdatedWithoutExistingClaim", 48, 30, 0, 0, 0, 0),
    RowType("claimWithoutAllocation", 39, 37, 0, 0, 0, 0),
    RowType("claimInsertAfterRelabel", 3, 3, 0, 0, 0, 0),
)
# [U] 1,363 rows of earlier editions.
EARLIER_TYPES: Sequence[RowType] = (
    RowType("deal", 1_256, 0, 1_235, 354, 0, 56),
    RowType("claimUpdatedWithoutExistingClaim", 88, 88, 0, 0, 0, 0),
    RowType("claimUpdated", 19, 13, 0, 0, 10, 0),
)
REMOVED_SHARE = 0.044  # [U] type allocationRemoved: termStart null, sectorId 'null'
REMOVED_DIRECT_SHARE = 73 / 102  # [U] of these, with dealId = 0
SENTINEL_SHARE = 0.047  # [U] deals that never started: termStart 4294967295, sectorId '0'
SENTINEL_TERM_START = 4_294_967_295
EARLY_INSERT_SHARE = 0.153  # [U] 359 of 2,340 rows: termStart later than createdAt
CLAIM_TERM_MIN_EPOCHS = (
    518_400,
    1_526_400,
    1_555_200,
    1_036_800,
)  # [U] modes: 180, 530, 540, 360 d


def quantile(table: Quantiles, share: float) -> float:
    """Return the value at a share of the population (0-1), log-linear between the known points."""
    for (low, low_value), (high, high_value) in zip(table, table[1:], strict=False):
        if share <= high:
            position = (share - low) / (high - low)
            return math.exp(
                math.log(low_value) + position * (math.log(high_value) - math.log(low_value))
            )
    return table[-1][1]
