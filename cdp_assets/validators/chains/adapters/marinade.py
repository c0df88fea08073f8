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
from resources.codecs.exact_json import exact_text
from resources.http.http_client import Request
from resources.http.reply import Reply
from resources.sources.solana.marinade import API_VERSION, Marinade, Totals, read_totals

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
        """Store the total of an epoch, from a response with all of them, requested once in a run.

        Raises:
            TransientFailure: The service failed, or has not published the epoch yet.
        """
        metric, epoch = _METRICS[data_type][0], request.period.ordinal
        reply = self._totals(archive)
        entries = [entry for entry in reply.value()[metric] if entry[0] == epoch]
        if not entries:
            self.clients.memory.clear()  # another try requests it again
            raise TransientFailure(
                f"{metric} of this epoch is not published",
                key=request.period.period_id,
                hint="it is fetched again automatically",
            )
        archive.store_cut(f"{metric}:{epoch}", exact_text({metric: entries}), reply.responses[-1:])
        return len(entries)

    def _totals(self, archive: Archive) -> Reply[Totals]:
        """Return the totals of this run; they are fetched, and stored, with its first period."""
        stored = self.clients.memory.get("totals")
        if isinstance(stored, Reply):
            return stored
        reply = self.marinade.totals(EPOCHS)
        archive.store(reply.responses)
        reply.value()
        self.clients.memory["totals"] = reply
        return reply

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield the total of the network; a 0 counts once the service repeats it an hour later."""
        metric, component, is_estimate = _METRICS[data_type]
        for total in read_totals(stored.body()):
            is_wanted = (total.metric, total.epoch) == (metric, context.period.ordinal)
            if is_wanted and (total.amount or stored.winner.is_confirmed):
                yield Alternate(None, component, total.amount, is_estimate)
