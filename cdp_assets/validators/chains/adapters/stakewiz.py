"""Stakewiz (validator §3.1): rates and versions of the running epoch's validators, never money.

Scope: the present's meta; not here: paths and fields (``resources.sources.solana.stakewiz``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.chains.adapter import (
    Adapter,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.rules.identity_rules import ObservedValidator
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.solana.stakewiz import API_VERSION, Stakewiz, read_validators


class StakewizMeta(Adapter):
    """One service."""

    name = "stakewiz"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"META"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/epoch_info"),
    }
    present_only: ClassVar[frozenset[DataType]] = frozenset({"META"})

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.stakewiz = Stakewiz(clients.http)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the validators of the running epoch.

        Raises:
            MissingUpstream: The response is about another epoch.
        """
        reply = self.stakewiz.validators()
        archive.store(reply.responses)
        found = reply.value()
        epochs = {one.epoch for one in found if one.epoch is not None}
        if epochs != {request.period.ordinal}:
            raise MissingUpstream(
                f"the list of validators is of epoch {', '.join(map(str, sorted(epochs))) or '?'}",
                key=request.period.period_id,
            )
        archive.promote(reply.responses)
        return len(found)

    @classmethod
    def read_meta(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedValidator]:
        """Read rates and versions; stake comes from sources in lamports."""
        return [
            ObservedValidator(
                one.vote,
                (("vote", one.vote), ("identity", one.identity)),
                commission_rate_bps=one.commission_bps,
                mev_commission_bps=one.jito_commission_bps if one.is_jito else None,
                is_mev_enabled=one.is_jito,
                client_version=one.version,
                is_delinquent=one.is_delinquent,
            )
            for one in read_validators(stored.body())
        ]
