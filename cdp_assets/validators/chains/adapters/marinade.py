"""Marinade (validator §3.1 "Others"): totals of the network, for comparison.

Scope: amounts to compare; not here: paths and fields (``resources.sources.solana.marinade``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from cdp_assets.errors import TransientFailure
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
from resources.http.reply import Reply
from resources.sources.solana.marinade import API_VERSION, Marinade, NetworkTotal, read_totals

EPOCHS = 200  # of one response; it is fetched once in a run, for all of its periods
_METRICS = {
    "FEES": ("rewards_block", "EXEC_FEES", False),
    "MEV": ("rewards_mev", "MEV_TIPS", False),
    "REWARDS": ("rewards_inflation_est", "STAKE_REWARDS", True),
}


class MarinadeTotals(Adapter):
    """One service."""

    name = "marinade"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"FEES", "MEV", "REWARDS"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/rewards", query={"epochs": "1"}),
    }

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.marinade = Marinade(clients.http)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Store the response that has the epoch; it is requested once in a run.

        Raises:
            TransientFailure: The epoch is not in it (yet).
        """
        reply = self._totals()
        archive.store(reply.responses)
        metric = _METRICS[data_type][0]
        found = [
            total
            for total in reply.value()
            if (total.metric, total.epoch) == (metric, request.period.ordinal)
        ]
        if not found:
            raise TransientFailure(
                f"{metric} of this epoch is not published", key=request.period.period_id
            )
        archive.promote(reply.responses)
        return len(found)

    def _totals(self) -> Reply[list[NetworkTotal]]:
        memory = self.clients.memory
        if "totals" not in memory:
            reply = self.marinade.totals(EPOCHS)
            if reply.outcome.failure is not None:
                return reply
            memory["totals"] = reply
        stored = memory["totals"]
        assert isinstance(stored, Reply)
        return stored

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield the total of the network in the epoch."""
        metric, component, is_estimate = _METRICS[data_type]
        for total in read_totals(stored.body()):
            if (total.metric, total.epoch) == (metric, context.period.ordinal):
                yield Alternate(None, component, total.amount, is_estimate)
