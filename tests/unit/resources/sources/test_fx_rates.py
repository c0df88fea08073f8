"""Documents of prices: both shapes, exactly, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdp_assets.errors import InvalidSourceResponse
from resources.sources.fx_rates import FxRate, read_prices

HEADER = "chain_id,quote_ccy,as_of,price\n"
RATE = FxRate(
    "solana-mainnet",
    "USD",
    datetime(2025, 1, 20, 12, tzinfo=UTC),
    Decimal("187.333333333333333333"),
)


@pytest.mark.parametrize(
    "document",
    [
        HEADER + "solana-mainnet,USD,2025-01-20T12:00:00Z,187.333333333333333333\n",
        '[{"chain_id": "solana-mainnet", "quote_ccy": "USD", "as_of": "2025-01-20T14:00:00+02:00",'
        ' "price": 187.333333333333333333}]',
        '{"rates": [{"chain_id": "solana-mainnet", "quote_ccy": "USD",'
        ' "as_of": "2025-01-20T12:00:00Z", "price": "187.333333333333333333"}]}',
    ],
)
def test_both_shapes_are_read_without_loss(document: str) -> None:
    assert read_prices(document.encode()) == [RATE]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("chain,price\n", "header"),
        (HEADER + "solana-mainnet,USD,2025-01-20,1\n", "offset"),
        (HEADER + "solana-mainnet,usd,2025-01-20T12:00:00Z,1\n", "quote_ccy"),
        (HEADER + "solana-mainnet,USD,2025-01-20T12:00:00Z,0\n", "above 0"),
        (HEADER + "solana-mainnet,USD,2025-01-20T12:00:00Z,NaN\n", "above 0"),
        (HEADER + "solana-mainnet,USD,2025-01-20T12:00:00Z,0.1234567890123456789\n", "decimals"),
        (HEADER + "s,USD,2025-01-20T12:00:00Z,1\ns,USD,2025-01-20T12:00:00Z,2\n", "two prices"),
        ('{"prices": []}', "no list"),
        ("[1]", "needs chain_id"),
        ("[", "malformed"),
    ],
)
def test_another_shape_is_refused_with_the_reason(document: str, why: str) -> None:
    with pytest.raises(InvalidSourceResponse, match=why):
        read_prices(document.encode())
