"""Jito's kobe service (validator §3.1): MEV and validators of any epoch, past ones too.

Scope: what the service serves for each data type; not here: its paths and fields
(``resources.sources.solana.jito_kobe``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from cdp_assets.validators.chains.adapter import (
    Adapter,
    Alternate,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.chains.solana.fetch_mev import fetch_mev, read_mev, read_total
from cdp_assets.validators.chains.solana.fetch_validators import (
    LOOK_BACK_PERIODS,
    observe_history,
)
from cdp_assets.validators.rules.identity_rules import ObservedValidator
from cdp_assets.validators.rules.mev_rules import ObservedMev
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.solana.jito_kobe import API_VERSION, JitoKobe, read_validators


class Kobe(Adapter):
    """One kobe service."""

    name = "jito_kobe"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"META", "MEV"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", method="POST", path="/mev_rewards", body=b'{"epoch":842}'),
    }

    look_back_periods = LOOK_BACK_PERIODS

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.kobe = JitoKobe(clients.http, page_size=clients.batch_size)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the MEV or the validators of an epoch."""
        if data_type == "MEV":
            return fetch_mev(self.kobe, archive, request.period.ordinal)
        return len(observe_history(self.kobe, archive, request.period.ordinal))

    @classmethod
    def read_meta(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedValidator]:
        """Read the validators of the epoch."""
        return [
            ObservedValidator(
                one.vote,
                (("vote", one.vote), ("identity", one.identity)),
                total_stake=one.active_stake,
                mev_commission_bps=one.mev_commission_bps,
                is_mev_enabled=one.running_jito,
            )
            for one in read_validators(stored.body())
        ]

    @classmethod
    def read_mev(cls, stored: StoredFetch, context: ReadContext) -> Mapping[str, ObservedMev]:
        """Read MEV by vote account: a validator that does not run the client has no row."""
        return read_mev(stored)

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield the network's total of MEV, which the service publishes apart from its rows."""
        total = read_total(stored) if data_type == "MEV" else None
        if total is not None:
            yield Alternate(None, "MEV_TIPS", total)
