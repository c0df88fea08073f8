"""Jito's kobe service: MEV rewards and validators of any epoch, past ones too (validator §3.1).

The rewards of an epoch are published once the next one is over. Scope: ``/validators``,
``/validator_rewards``, ``/staker_rewards`` and ``/mev_rewards``, from the simulated chain.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.solana.chain import SolanaChain
from simulator.solana.income import mev_of, own_mev_of
from simulator.solana.keys import solana_key
from simulator.solana.validators import EpochValidator

LARGEST_PAGE = 10_000
SYSTEM_PROGRAM = "1" * 32


class _BadRequest(Exception):
    """A refusal with 400."""


class Kobe:
    """The service over one chain."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        paths: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
            "/validators": self._validators,
            "/validator_rewards": self._validator_rewards,
            "/staker_rewards": self._staker_rewards,
            "/mev_rewards": self._mev_rewards,
        }
        return [
            Route(path, _endpoint(read), methods=["GET", "POST"]) for path, read in paths.items()
        ]

    def _epoch(self, query: dict[str, Any]) -> int:
        try:
            epoch = int(query.get("epoch", self._chain.epoch))
        except (TypeError, ValueError):
            raise _BadRequest("epoch is no number") from None
        if not 0 <= epoch <= self._chain.epoch:
            raise _BadRequest("epoch is not known")
        return epoch

    def _validators(self, query: dict[str, Any]) -> dict[str, Any]:
        epoch = self._epoch(query)
        known = [*self._chain.validators(epoch), self._chain.rest]
        return {"validators": [self._validator(v, epoch) for v in known]}

    def _validator_rewards(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of the validators that run the client; none before the upload."""
        epoch, wanted = self._epoch(query), query.get("vote_account")
        rows = [
            {
                "vote_account": one.vote,
                "mev_revenue": mev_of(self._chain.seed, epoch, one),
                "mev_commission": one.mev_commission_bps,
                "priority_fee_revenue": 0,
                "priority_fee_commission": None,
                "num_stakers": 3,
                "epoch": epoch,
                "claim_status_account": solana_key("claims", epoch, one.vote),
            }
            for one in self._uploaded(epoch)
            if wanted in (None, one.vote)
        ]
        return {"rewards": _page(rows, query), "total_count": len(rows)}

    def _staker_rewards(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of leaves; the count is 0 with rows present, as on the real service."""
        epoch, wanted = self._epoch(query), query.get("validator_vote_account")
        authority = query.get("stake_authority", SYSTEM_PROGRAM)
        rows = [
            {
                "claimant": one.vote,
                "stake_authority": SYSTEM_PROGRAM,
                "withdraw_authority": SYSTEM_PROGRAM,
                "validator_vote_account": one.vote,
                "epoch": epoch,
                "amount": own_mev_of(self._chain.seed, epoch, one),
                "claim_status_account": solana_key("leaf", epoch, one.vote),
                "priority_fee_amount": 0,
                "priority_fee_claim_status_account": None,
            }
            for one in self._uploaded(epoch)
            if wanted in (None, one.vote) and one.has_own_leaf and authority == SYSTEM_PROGRAM
        ]
        return {"rewards": _page(rows, query), "total_count": 0}

    def _mev_rewards(self, query: dict[str, Any]) -> dict[str, Any] | None:
        epoch = self._epoch(query)
        if not self._chain.is_uploaded(epoch):
            return None
        total = sum(mev_of(self._chain.seed, epoch, one) for one in self._uploaded(epoch))
        return {
            "epoch": epoch,
            "total_network_mev_lamports": total,
            "jito_stake_weight_lamports": sum(one.stake for one in self._uploaded(epoch)),
            "mev_reward_per_lamport": 0.0,
        }

    def _uploaded(self, epoch: int) -> list[EpochValidator]:
        if not self._chain.is_uploaded(epoch):
            return []
        running = [v for v in self._chain.validators(epoch) if v.runs_jito and v.has_mev_row]
        return sorted(running, key=lambda one: one.vote)

    def _validator(self, validator: EpochValidator, epoch: int) -> dict[str, Any]:
        """Return one validator in the service's form: with the identity that it used last."""
        runs = validator.runs_jito and validator.vote != self._chain.rest.vote
        uploaded = runs and validator.has_mev_row and self._chain.is_uploaded(epoch)
        return {
            "identity_account": validator.identities[-1] if validator.identities else None,
            "vote_account": validator.vote,
            "mev_commission_bps": validator.mev_commission_bps if runs else None,
            "mev_rewards": mev_of(self._chain.seed, epoch, validator) if uploaded else 0,
            "priority_fee_commission_bps": None,
            "priority_fee_rewards": 0,
            "running_jito": runs,
            "running_bam": False,
            "active_stake": validator.stake,
            "jito_directed_stake_target": False,
            "jito_directed_stake_lamports": 0,
            "jito_sol_active_lamports": 0,
        }


def _endpoint(read: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Any:
    async def respond(request: Request) -> JSONResponse:
        try:
            query = dict(request.query_params) | json.loads(await request.body() or b"{}")
            found = read(query)
        except (json.JSONDecodeError, TypeError):
            return JSONResponse({"error": "the body is no JSON object"}, status_code=400)
        except _BadRequest as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        if found is None:
            return JSONResponse({"error": "not found"}, status_code=404)
        return JSONResponse(found)

    return respond


def _page(rows: list[dict[str, Any]], query: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        page, limit = int(query.get("page", 1)), int(query.get("limit", 100))
    except (TypeError, ValueError):
        raise _BadRequest("page and limit are numbers") from None
    if not 1 <= limit <= LARGEST_PAGE:
        raise _BadRequest(f"limit is at most {LARGEST_PAGE}")
    return rows[(page - 1) * limit : page * limit]
