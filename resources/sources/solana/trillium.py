"""Rewards of Solana's validators by epoch, as Trillium computes them (validator §3.1 "Others").

Amounts are SOL as reals, so income is compared and never booked. Scope: ``/validator_rewards``; not
here: what they are compared with (``cdp_assets.validators``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import SOL_DECIMALS
from resources.http.http_client import HttpClient
from resources.http.reply import Reply
from resources.http.response_validation import EndpointNotFound
from resources.sources.json_api import JsonApi, native_of, parsed, rows_of

API_VERSION = "v1"


KEY = "vote_account_pubkey"
BLOCK_REWARDS, MEV_EARNED = "total_block_rewards_after_burn", "mev_earned"
INFLATION_COMMISSION, VOTE_COST = "validator_inflation_reward", "vote_cost"
_NOT_FOUND = frozenset({404})  # of an epoch that is not published yet


@dataclass(frozen=True, slots=True)
class TrilliumRewards:
    """What one validator earned in an epoch, in lamports; null: not reported.

    Attributes:
        vote: Its vote account.
        block_rewards: After burn.
        mev_earned: Gross for validator and stakers.
        inflation_commission: Credited to the vote account.
        vote_cost: What its votes cost.
    """

    vote: str
    block_rewards: int | None
    mev_earned: int | None
    inflation_commission: int | None
    vote_cost: int | None


class Trillium:
    """Client of one service."""

    def __init__(self, http: HttpClient) -> None:
        self.api = JsonApi(http)

    def rewards(self, epoch: int) -> Reply[list[dict[str, Any]]]:
        """Fetch the rewards of every validator of an epoch; empty before they are published."""
        path = f"/validator_rewards/{epoch}"
        return self.api.get(f"trillium:{epoch}", path, _validated, accepted=_NOT_FOUND)


def read_rewards(body: bytes) -> list[TrilliumRewards]:
    """Read the rewards of an epoch, or those fields of them that are stored.

    Raises:
        InvalidSourceResponse: Another shape, or an amount that is no number.
    """
    return [_rewards(row) for row in _rows(body)]


def _validated(body: bytes) -> list[dict[str, Any]]:
    rows = _rows(body)
    for row in rows:
        _rewards(row)
    votes = [row[KEY] for row in rows]
    if len(set(votes)) != len(votes):
        raise InvalidSourceResponse("one vote account occurs twice")
    return rows


def _rows(body: bytes) -> list[dict[str, Any]]:
    document = parsed(body)
    if isinstance(document, dict):
        if not isinstance(document.get("error"), str):
            raise EndpointNotFound
        return []
    return rows_of(document, "validators")


def _rewards(row: dict[str, Any]) -> TrilliumRewards:
    vote = row.get(KEY)
    if not isinstance(vote, str) or not vote:
        raise InvalidSourceResponse(f"a validator has no {KEY}")
    amounts = [
        None if row.get(name) is None else native_of(row[name], name, SOL_DECIMALS)
        for name in (BLOCK_REWARDS, MEV_EARNED, INFLATION_COMMISSION, VOTE_COST)
    ]
    return TrilliumRewards(vote, *amounts)
