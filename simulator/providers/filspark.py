"""FilSpark's daily summary of retrievals (compliance §2.2); it has a history.

Scope: rows of a day as a function of (seed, day); not here: faults.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.dmob.pairs import provider_id
from simulator.randomness import hashed, share
from simulator.server.clock import SimulatedClock

_PROVIDERS = 60


class FilSpark:
    """The service.

    Attributes:
        fixed: Rows by day that replace the generated ones.
    """

    def __init__(self, seed: int, clock: SimulatedClock) -> None:
        self._seed = seed
        self._clock = clock
        self.fixed: dict[date, list[dict[str, Any]]] = {}

    def routes(self) -> list[Route]:
        """Return the service's only route."""
        return [Route("/miners/retrieval-success-rate/summary", self._summary)]

    async def _summary(self, request: Request) -> JSONResponse:
        try:
            first, last = (date.fromisoformat(request.query_params[n]) for n in ("from", "to"))
        except (KeyError, ValueError):
            return JSONResponse({"error": "from and to are days"}, status_code=400)
        if first != last:
            return JSONResponse({"error": "one day at once"}, status_code=400)
        return JSONResponse([] if first > self._clock.now.date() else self.rows(first))

    def rows(self, day: date) -> list[dict[str, Any]]:
        """Return the rows of a day."""
        if day in self.fixed:
            return self.fixed[day]
        return [
            self._row(f"f0{provider_id(number)}", day)
            for number in range(1, _PROVIDERS + 1)
            if share(self._seed, "spark", number, day) < 0.9
        ]

    def _row(self, provider: str, day: date) -> dict[str, Any]:
        total = hashed(self._seed, "tries", provider, day) % 1_500
        successful = hashed(self._seed, "successes", provider, day) % (total + 1)
        http = successful // 2
        return {
            "miner_id": provider,
            "total": str(total),
            "successful": str(successful),
            "success_rate": successful / total if total else 0,
            "successful_http": str(http),
            "success_rate_http": http / total if total else 0,
        }
