"""Marinade's validators API: totals of the network by epoch (validator §3.1 "Others").

Inflation and block rewards of an epoch appear once it is over, MEV once the tree is uploaded.
Scope: ``/rewards``; not here: amounts (``income``, ``epoch``) and faults.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.solana import income
from simulator.solana.chain import SolanaChain
from simulator.solana.income import sol_of

DEFAULT_EPOCHS = 10


class Marinade:
    """The service over one chain."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        return [Route("/rewards", self._rewards)]

    async def _rewards(self, request: Request) -> JSONResponse:
        try:
            epochs = int(request.query_params.get("epochs", DEFAULT_EPOCHS))
        except ValueError:
            return JSONResponse({"error": "epochs is no number"}, status_code=400)
        known = sorted(self._chain.known_epochs(epochs))
        uploaded = [epoch for epoch in known if self._chain.is_uploaded(epoch)]
        metrics: dict[str, tuple[list[int], Callable[[int], int]]] = {
            "rewards_mev": (uploaded, self._mev),
            "rewards_inflation_est": (known, self._inflation),
            "rewards_block": (known, self._blocks),
            "rewards_jito_priority": (uploaded, lambda _: 0),
        }
        return JSONResponse(
            {
                name: [[epoch, sol_of(total(epoch))] for epoch in listed]
                for name, (listed, total) in metrics.items()
            }
        )

    def _mev(self, epoch: int) -> int:
        known = self._chain.validators(epoch)
        return sum(income.mev_of(self._chain.seed, epoch, one) for one in known)

    def _inflation(self, epoch: int) -> int:
        known = self._chain.validators(epoch)
        return sum(income.inflation_of(self._chain.seed, epoch, one) for one in known)

    def _blocks(self, epoch: int) -> int:
        return sum(lamports for _, lamports in self._chain.plan(epoch).paid.values())
