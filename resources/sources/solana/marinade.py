"""Totals of Solana's network by epoch, as Marinade publishes them (validator §3.1 "Others").

Lists of [epoch, SOL]; the inflation is an estimate. Scope: ``/rewards``; not here: validators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import SOL_DECIMALS
from resources.http.http_client import HttpClient
from resources.http.reply import Reply
from resources.sources.json_api import JsonApi, native_of, parsed

API_VERSION = "v1"
METRICS = ("rewards_mev", "rewards_inflation_est", "rewards_block")


@dataclass(frozen=True, slots=True)
class NetworkTotal:
    """One total of the network in an epoch, in lamports."""

    metric: str
    epoch: int
    amount: int


Totals = dict[str, list[list[Any]]]


class Marinade:
    """Client of one service."""

    def __init__(self, http: HttpClient) -> None:
        self.api = JsonApi(http)

    def totals(self, epochs: int) -> Reply[Totals]:
        """Fetch the totals of the last epochs in one response: [epoch, SOL] by metric."""
        query = {"epochs": str(epochs)}
        return self.api.get(f"marinade_rewards:{epochs}", "/rewards", _validated, query)


def read_totals(body: bytes) -> list[NetworkTotal]:
    """Read the totals of every epoch that the response, or what is stored of it, has.

    Raises:
        InvalidSourceResponse: Another shape, or an amount that is no number.
    """
    return [
        NetworkTotal(metric, entry[0], native_of(entry[1], metric, SOL_DECIMALS))
        for metric, entries in _entries(body).items()
        for entry in entries
    ]


def _validated(body: bytes) -> Totals:
    read_totals(body)
    return _entries(body)


def _entries(body: bytes) -> Totals:
    document = parsed(body)
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the response is no object")
    found: Totals = {}
    for metric in METRICS:
        found[metric] = document.get(metric) or []
        for entry in found[metric]:
            if not isinstance(entry, list) or len(entry) != 2 or type(entry[0]) is not int:
                raise InvalidSourceResponse(f"{metric} has an entry that is not [epoch, SOL]")
    return found
