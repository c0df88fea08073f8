"""Filscan's account call (compliance §2.2).

Scope: an account's numbers as a function of (seed, provider, day of the simulated clock); not here:
faults.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.randomness import hashed, share
from simulator.server.clock import SimulatedClock

_ACTOR = re.compile(r"f0\d+")
_TIB = 1024**4
_FIL = 10**18


class Filscan:
    """The service.

    Attributes:
        fixed: Responses by provider that replace the generated ones.
    """

    def __init__(self, seed: int, clock: SimulatedClock) -> None:
        self._seed = seed
        self._clock = clock
        self.fixed: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        """Return the service's routes."""
        return [
            Route("/v1/AccountInfoByID", self._account, methods=["POST"]),
            Route("/v1/TotalIndicators", self._total, methods=["POST"]),
        ]

    async def _total(self, request: Request) -> JSONResponse:
        return JSONResponse({"result": {"total_indicators": {"total_rewards": "1"}}})

    async def _account(self, request: Request) -> JSONResponse:
        provider = str((await request.json()).get("account_id"))
        if provider in self.fixed:
            return JSONResponse(self.fixed[provider])
        if not _ACTOR.fullmatch(provider):
            return JSONResponse({"code": 1, "message": "invalid account_id"})
        if share(self._seed, "filscan", provider) < 0.03:
            return JSONResponse({"result": {"account_info": {"account_basic": {}}}})
        indicator = self.indicator(provider)
        miner = {"account_miner": {"account_indicator": indicator}}
        return JSONResponse({"result": {"account_info": miner}})

    def indicator(self, provider: str) -> dict[str, Any]:
        """Return the numbers of a provider on the clock's day."""
        day = self._clock.now.date().toordinal()
        size = 1 + hashed(self._seed, "power", provider) % 20_000
        balance = (hashed(self._seed, "fil", provider) % 500_000 + day % 1_000) * _FIL
        sectors = size * 32
        return {
            "account_id": provider,
            "balance": str(balance),
            "available_balance": str(balance // 10),
            "init_pledge": str(balance * 8 // 10),
            "pre_deposits": "0",
            "locked_balance": str(balance // 10 + 7),
            "quality_adjust_power": str(size * 10 * _TIB),
            "quality_power_rank": 1 + size % 900,
            "quality_power_percentage": f"0.{size:06d}",
            "raw_power": str(size * _TIB),
            "total_block_count": size % 4_096,
            "total_win_count": size % 5_000,
            "total_reward": str(size * _FIL // 3),
            "sector_size": 34359738368,
            "sector_count": sectors,
            "live_sector_count": sectors - 3,
            "fault_sector_count": 2,
            "recover_sector_count": 1,
            "active_sector_count": sectors - 5,
            "terminate_sector_count": 3,
        }
