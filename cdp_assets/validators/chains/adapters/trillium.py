"""Trillium (validator §3.1 "Others"): rewards of each validator for comparison, and costs of votes.

One response has what every data type needs of an epoch, so it is requested once in a run and cut
into them. Scope: amounts by validator; not here: paths and fields
(``resources.sources.solana.trillium``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
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
from resources.http.raw_response import RawResponse
from resources.sources.solana import trillium
from resources.sources.solana.trillium import API_VERSION, Trillium, read_rewards

_AMOUNTS = {
    "FEES": ("EXEC_FEES", "block_rewards"),
    "MEV": ("MEV_TIPS", "mev_earned"),
    "REWARDS": ("COMMISSION", "inflation_commission"),
}
_FIELDS: Mapping[DataType, tuple[str, ...]] = {
    "FEES": (trillium.BLOCK_REWARDS, trillium.VOTE_COST),
    "MEV": (trillium.MEV_EARNED,),
    "REWARDS": (trillium.INFLATION_COMMISSION,),
}
_Cuts = dict[tuple[int, DataType], tuple[str, RawResponse]]


class TrilliumRewards(Adapter):
    """One service."""

    name = "trillium"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"FEES", "MEV", "REWARDS"})
    vote_costs_in: ClassVar[DataType | None] = "FEES"
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/epoch_data/842"),
    }

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.trillium = Trillium(clients.http)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Store the part of an epoch's response that is about one data type.

        Raises:
            TransientFailure: The service failed, or has not published this yet.
        """
        epoch = request.period.ordinal
        cuts: _Cuts = self.clients.memory.setdefault("cuts", {})  # type: ignore[assignment]
        if (epoch, data_type) not in cuts:
            cuts |= self._fetched(archive, epoch)
        # Taken out, because a further fetch in the run is meant to ask again.
        text, response = cuts.pop((epoch, data_type), ("", None))
        if response is None:
            raise TransientFailure(
                f"{_AMOUNTS[data_type][0]} of this epoch are not published yet",
                key=request.period.period_id,
                hint="it is fetched again automatically",
            )
        archive.store_cut(f"{data_type.lower()}:{epoch}", text, [response])
        return len(read_rewards(text.encode()))

    def _fetched(self, archive: Archive, epoch: int) -> _Cuts:
        """Fetch an epoch; return what is published of each data type."""
        reply = self.trillium.rewards(epoch)
        archive.store(reply.responses)
        rows, response = reply.value(), replace(reply.responses[-1], body=b"")
        return {
            (epoch, data_type): (
                exact_text(
                    [{name: row.get(name) for name in (trillium.KEY, *fields)} for row in rows]
                ),
                response,
            )
            for data_type, fields in _FIELDS.items()
            if any(row.get(fields[0]) is not None for row in rows)
        }

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield one component of each validator.

        Amounts that are all 0 count once the service repeats them an hour later.
        """
        component, attribute = _AMOUNTS[data_type]
        found = [one for one in read_rewards(stored.body()) if context.tracks(one.vote)]
        amounts = [(one.vote, getattr(one, attribute)) for one in found]
        if any(amount for _, amount in amounts) or stored.winner.is_confirmed:
            for vote, amount in amounts:
                if amount is not None:
                    yield Alternate(vote, component, amount)

    @classmethod
    def read_vote_costs(cls, stored: StoredFetch, context: ReadContext) -> Mapping[str, int]:
        """Read what votes cost, of each validator for which the service says it."""
        return {
            one.vote: one.vote_cost
            for one in read_rewards(stored.body())
            if one.vote_cost is not None and context.tracks(one.vote)
        }
