"""Jito's kobe service (validator §3.1): the validators of any epoch, past ones too.

Scope: what the service serves for each data type; not here: its paths and fields
(``resources.sources.jito_kobe``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cdp_assets.validators.chains.adapters.adapter import (
    Adapter,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.chains.solana.fetch_validators import (
    LOOK_BACK_PERIODS,
    observe_history,
)
from cdp_assets.validators.rules.identity_rules import ObservedValidator
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.sources.jito_kobe import API_VERSION, JitoKobe, read_validators


class Kobe(Adapter):
    """One kobe service."""

    name = "jito_kobe"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"META"})

    look_back_periods = LOOK_BACK_PERIODS

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.kobe = JitoKobe(clients.http)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the validators of an epoch."""
        return len(observe_history(self.kobe, archive, request.period.ordinal))

    @classmethod
    def read_meta(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedValidator]:
        """Read the validators of the epoch."""
        return [
            ObservedValidator(
                account.vote,
                (("vote", account.vote), ("identity", account.identity)),
                total_stake=account.activated_stake,
            )
            for account in read_validators(stored.body())
        ]
