"""Prices of the demo: one a day and chain, the same on every machine.

Scope: the file; not here: its shape (``resources.sources.fx_rates``).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cdp_assets.demo.world import START
from resources.local.state_files import write_file

# Quote currency per unit on the first day; each later day has a fixed step more.
_PRICES = (("solana-mainnet", 15_000, 37), ("ethereum-mainnet", 310_000, 451))  # cents
_QUOTE = "USD"
_AT = timedelta(hours=11)


def write_prices(path: Path, until: datetime) -> None:
    """Write the file: a price at 11:00 UTC of every day from the first partition on.

    Args:
        path: The file.
        until: The clock; later prices are not known yet.
    """
    lines = ["chain_id,quote_ccy,as_of,price"]
    for day in range((until - START - _AT) // timedelta(days=1) + 1):
        instant = START + _AT + timedelta(days=day)
        for chain, first, step in _PRICES:
            cents = first + day * step
            lines.append(f"{chain},{_QUOTE},{_text(instant)},{cents // 100}.{cents % 100:02}")
    write_file(path, "\n".join(lines) + "\n")


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
