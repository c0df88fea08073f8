"""Rewards of Solana's validators by epoch, as Trillium computes them (validator §3.1 "Others").

Amounts are SOL as reals, so they are compared and never booked. Scope: ``/validator_rewards``; not
here: what they are compared with (``cdp_assets.validators``).
"""

from __future__ import annotations

from dataclasses import dataclass

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import SOL_DECIMALS
from resources.http.http_client import HttpClient
from resources.http.reply import Reply
from resources.sources.json_api import JsonApi, native_of, parsed, rows_of

API_VERSION = "v1"


@dataclass(frozen=True, slots=True)
class TrilliumRewards:
    """What one validator earned in an epoch, in lamports; null: not reported."""

    vote: str
    block_rewards: int | None
    mev_earned: int | None
    inflation_commission: int | None


class Trillium:
    """Client of one service."""

    def __init__(self, http: HttpClient) -> None:
        self.api = JsonApi(http)

    def rewards(self, epoch: int) -> Reply[list[TrilliumRewards]]:
        """Fetch the rewards of every validator of an epoch in one response."""
        return self.api.get(f"trillium:{epoch}", f"/validator_rewards/{epoch}", read_rewards)


def read_rewards(body: bytes) -> list[TrilliumRewards]:
    """Read the rewards of an epoch."""
    found = []
    for row in rows_of(parsed(body), "validators"):
        vote = row.get("vote_account_pubkey")
        if not isinstance(vote, str) or not vote:
            raise InvalidSourceResponse("a validator has no vote_account_pubkey")
        amounts = [
            None if row.get(name) is None else native_of(row[name], name, SOL_DECIMALS)
            for name in (
                "total_block_rewards_after_burn",
                "mev_earned",
                "validator_inflation_reward",
            )
        ]
        found.append(TrilliumRewards(vote, *amounts))
    return found
