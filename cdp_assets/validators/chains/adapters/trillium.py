"""Trillium (validator §3.1 "Others"): rewards of each validator, for comparison.

Scope: amounts to compare; not here: paths and fields (``resources.sources.solana.trillium``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from cdp_assets.validators.chains.adapter import (
    Adapter,
    Alternate,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.solana.trillium import API_VERSION, Trillium, read_rewards

_AMOUNTS = {
    "FEES": ("EXEC_FEES", "block_rewards"),
    "MEV": ("MEV_TIPS", "mev_earned"),
    "REWARDS": ("COMMISSION", "inflation_commission"),
}


class TrilliumRewards(Adapter):
    """One service."""

    name = "trillium"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"FEES", "MEV", "REWARDS"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/epoch_data/842"),
    }

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.trillium = Trillium(clients.http)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the rewards of an epoch: one response has those of every data type."""
        reply = self.trillium.rewards(request.period.ordinal)
        archive.store(reply.responses)
        found = reply.value()
        archive.promote(reply.responses)
        return len(found)

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield one component of each validator that the response has."""
        component, attribute = _AMOUNTS[data_type]
        for rewards in read_rewards(stored.body()):
            amount = getattr(rewards, attribute)
            if amount is not None and context.tracks(rewards.vote):
                yield Alternate(rewards.vote, component, amount)
