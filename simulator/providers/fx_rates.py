"""A service of prices in the shape that the source of prices has (validator §5 ``fx_rates``).

One price per chain and UTC day, of its first second, up to the simulated present. Scope: the
document; not here: faults.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.randomness import hashed
from simulator.server.clock import SimulatedClock

_DAYS = 60  # how far back the document goes
_CENTS = {"solana-mainnet": 18_000, "ethereum-mainnet": 300_000}  # of one unit, about


class FxRates:
    """Prices in USD.

    Args:
        seed: Of the prices.
        clock: Its day is the last one.
    """

    def __init__(self, seed: int, clock: SimulatedClock) -> None:
        self._seed = seed
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        return [Route("/prices", self._prices)]

    async def _prices(self, _: Request) -> JSONResponse:
        return JSONResponse({"rates": self._rates()})

    def _rates(self) -> list[dict[str, Any]]:
        today = self._clock.now.date()
        days = [today - timedelta(days=back) for back in range(_DAYS, -1, -1)]
        return [
            {
                "chain_id": chain,
                "quote_ccy": "USD",
                "as_of": f"{day.isoformat()}T00:00:00Z",
                "price": f"{(cents + hashed(self._seed, chain, day) % 1_000) / 100:.2f}",
            }
            for day in days
            for chain, cents in _CENTS.items()
        ]
