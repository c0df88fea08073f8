"""Builders' payments by the data APIs of all MEV-Boost relays (validator §3.2).

Scope: MEV; not here: priority fees (``block_fees``), paging
(``resources.sources.ethereum.mev_relay``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cdp_assets.validators.chains.adapter import (
    Adapter,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.chains.ethereum.window_income import (
    income_by_validator,
    read_payloads,
    required_fetches,
)
from cdp_assets.validators.rules.ethereum_blocks import ValidatorBlocks
from cdp_assets.validators.rules.mev_rules import ObservedMev
from cdp_assets.validators.rules.rounding import BPS
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.ethereum.mev_relay import API_VERSION, LARGEST_PAGE, MevRelay


class MevRelays(Adapter):
    """All relays, one address each; a payload that one of them lacks may be at another."""

    name = "mev_relay"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"MEV"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request(
            "probe",
            path="/relay/v1/data/bidtraces/proposer_payload_delivered",
            query={"limit": "1"},
        ),
    }
    reads_by_identity: ClassVar[frozenset[DataType]] = frozenset({"MEV"})
    reads_too: ClassVar[dict[DataType, frozenset[DataType]]] = {"MEV": frozenset({"FEES"})}

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        size = min(clients.batch_size, LARGEST_PAGE)
        self.relays = [MevRelay(http, page_size=size) for http in clients.each]

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Walk every relay over the slots of a window; one that fails makes the fetch PARTIAL.

        Parts name a relay by its place among the addresses, which may hold credentials.
        """
        delivered, period = set[tuple[int, str]](), request.period
        for place, relay in enumerate(self.relays):
            for page in relay.walk(period.start_slot, period.end_slot):
                archive.store(page.responses)
                delivered |= {(one.slot, one.block_hash) for one in page.value()}
                cursor = page.name.removeprefix("delivered:")
                archive.name_part(f"delivered:{place}:{cursor}", page.responses)
        return len(delivered)

    @classmethod
    def read_mev(cls, stored: StoredFetch, context: ReadContext) -> Mapping[str, ObservedMev]:
        """Read the payments for the blocks of each validator; the validator keeps all of them."""
        payloads = list(read_payloads(stored, context.period))
        blocks = required_fetches(context, "FEES")[0]
        sums = income_by_validator(blocks, payloads, context)
        return {key: _observed(blocks, is_proven=bool(payloads)) for key, blocks in sums.items()}


def _observed(blocks: ValidatorBlocks, *, is_proven: bool) -> ObservedMev:
    """Return a validator's MEV; relays that report nothing at all prove no zero."""
    return ObservedMev(
        gross=blocks.mev,
        own_share=blocks.mev,
        commission_bps=BPS,
        tip_count=blocks.mev_blocks,
        misdirected=blocks.misdirected,
        flags=frozenset(blocks.mev_flags),
        is_proven=is_proven,
    )
