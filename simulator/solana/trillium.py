"""Trillium: what each validator earned in an epoch, in SOL as reals (validator §3.1 "Others").

An epoch is listed once it is over; its MEV is null until the tree is uploaded. Scope:
``/validator_rewards`` and ``/epoch_data``; not here: amounts (``income``, ``epoch``) and faults.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.solana import income
from simulator.solana.chain import SolanaChain
from simulator.solana.income import sol_of
from simulator.solana.validators import EpochValidator


class Trillium:
    """The service over one chain."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        return [
            Route("/validator_rewards/{epoch:int}", self._rewards),
            Route("/epoch_data/{epoch:int}", self._epoch_data),
        ]

    async def _rewards(self, request: Request) -> JSONResponse:
        epoch = request.path_params["epoch"]
        if epoch >= self._chain.epoch or not self._chain.validators(epoch):
            return JSONResponse({"error": "Epoch data not found"}, status_code=404)
        rows = [self._row(epoch, one) for one in self._chain.validators(epoch)]
        return JSONResponse(sorted(rows, key=lambda row: str(row["vote_account_pubkey"])))

    async def _epoch_data(self, request: Request) -> JSONResponse:
        epoch = request.path_params["epoch"]
        return JSONResponse({"epoch": epoch, "is_over": epoch < self._chain.epoch})

    def _row(self, epoch: int, one: EpochValidator) -> dict[str, Any]:
        seed, paid = self._chain.seed, self._chain.plan(epoch).paid
        blocks, fees = (
            sum(paid.get(identity, (0, 0))[place] for identity in one.identities)
            for place in (0, 1)
        )
        mev = commission = None
        if self._chain.is_uploaded(epoch):
            mev = income.mev_of(seed, epoch, one)
            commission = income.own_mev_of(seed, epoch, one)
        inflation = income.inflation_of(seed, epoch, one)
        own = income.commission_of(seed, epoch, one)
        votes = income.votes_of(seed, epoch, one)
        return {
            "epoch": epoch,
            "identity_pubkey": one.identities[-1],
            "vote_account_pubkey": one.vote,
            "activated_stake": sol_of(one.stake),
            "commission": one.commission,
            "mev_commission": one.mev_commission_bps if one.runs_jito else None,
            "leader_slots": one.leader_slots,
            "blocks_produced": blocks,
            "total_block_rewards_after_burn": sol_of(fees),
            "mev_earned": None if mev is None else sol_of(mev),
            "mev_to_validator": None if commission is None else sol_of(commission),
            "validator_inflation_reward": sol_of(own),
            "delegator_inflation_reward": sol_of(inflation - own),
            "votes_cast": votes,
            "vote_cost": sol_of(votes * income.VOTE_LAMPORTS),
        }
