"""The size of a simulated source database.

Scope: the sizes, their checks and the heights derived from them; not here: rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cdp_assets.units import FILPLUS_START_HEIGHT, time_to_height
from simulator.dmob.pairs import MAX_PROVIDERS


@dataclass(frozen=True)
class DmobScale:
    """Size, period and seed of a source database.

    Attributes:
        deals: Rows of ``unified_verified_deal``.
        clients: Clients with deals; a quarter more have grants only.
        providers: Providers, at most 180,000.
        allocators: Rows of ``verifier``, at least 8.
        start: First instant (UTC) of the evenly spread history.
        end: The as-of instant (UTC), exclusive; a few deals start in the days after it.
        seed: Everything is a function of the seed and the sizes.
        pairs: Size of the (client, provider) set; null = the calibrated size.
        dirt: Whether the odd rows are among them: no or impossible start, null ids, back-filled
            creation times, sums that differ.
    """

    deals: int
    clients: int
    providers: int
    allocators: int
    start: datetime
    end: datetime
    seed: int
    pairs: int | None = None
    dirt: bool = True

    def __post_init__(self) -> None:
        """Refuse impossible sizes.

        Raises:
            ValueError: A size is too small or too big, or the period is not one.
        """
        if min(self.deals, self.clients, self.providers) < 1 or self.allocators < 8:
            raise ValueError("give at least 1 deal, client and provider and 8 allocators")
        if self.providers > MAX_PROVIDERS:
            raise ValueError(f"at most {MAX_PROVIDERS} providers")
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise ValueError("start and end need a time zone")
        if not self.start < self.end or time_to_height(self.end) <= FILPLUS_START_HEIGHT:
            raise ValueError("start must be before end, and end in the current edition")

    @property
    def start_height(self) -> int:
        """Height of the first instant."""
        return time_to_height(self.start)

    @property
    def end_height(self) -> int:
        """Height of the as-of instant."""
        return time_to_height(self.end)
