"""Jito's kobe service: validators of any epoch, past ones too (validator §3.1 "Jito kobe").

Scope: ``/validators`` by epoch, from the simulated chain; not here: rewards and tips.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.solana.chain import SolanaChain
from simulator.solana.validators import EpochValidator


class Kobe:
    """The service over one chain."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        return [Route("/validators", self._validators, methods=["POST"])]

    async def _validators(self, request: Request) -> JSONResponse:
        try:
            epoch = json.loads(await request.body() or b"{}").get("epoch", self._chain.epoch)
        except (json.JSONDecodeError, AttributeError):
            return JSONResponse({"error": "the body is no JSON object"}, status_code=400)
        if type(epoch) is not int or not 0 <= epoch <= self._chain.epoch:
            return JSONResponse({"error": "epoch is not known"}, status_code=400)
        known = [*self._chain.validators(epoch), self._chain.rest]
        return JSONResponse({"validators": [_row(v) for v in known]})


def _row(validator: EpochValidator) -> dict[str, Any]:
    """Return one validator in the service's form: with the identity that it used last."""
    return {
        "identity_account": validator.identities[-1] if validator.identities else None,
        "vote_account": validator.vote,
        "mev_commission_bps": 800,
        "mev_rewards": 0,
        "priority_fee_commission_bps": None,
        "priority_fee_rewards": 0,
        "running_jito": True,
        "running_bam": False,
        "active_stake": validator.stake,
        "jito_directed_stake_target": False,
        "jito_directed_stake_lamports": 0,
        "jito_sol_active_lamports": 0,
    }
