"""Stakewiz: the validators of the running epoch (validator §3.1 "Stakewiz").

The present only, without pages; stake is a real. Scope: ``/validators`` and ``/epoch_info``; not
here: the chain's content (``chain``) and faults.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.solana.chain import SolanaChain
from simulator.solana.income import sol_of
from simulator.solana.validators import EpochValidator

CLIENT_VERSION = "2.2.16"


class Stakewiz:
    """The service over one chain."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        return [
            Route("/validators", self._validators),
            Route("/epoch_info", self._epoch_info),
        ]

    async def _validators(self, _: Request) -> JSONResponse:
        return JSONResponse([self._row(one) for one in self._chain.present_validators()])

    async def _epoch_info(self, _: Request) -> JSONResponse:
        return JSONResponse({"epoch": self._chain.epoch})

    def _row(self, one: EpochValidator) -> dict[str, Any]:
        return {
            "identity": one.identities[-1],
            "vote_identity": one.vote,
            "activated_stake": sol_of(one.stake),
            "commission": one.commission,
            "is_jito": one.runs_jito,
            "jito_commission_bps": one.mev_commission_bps if one.runs_jito else None,
            "delinquent": one.delinquent,
            "epoch": self._chain.epoch,
            "version": CLIENT_VERSION,
        }
