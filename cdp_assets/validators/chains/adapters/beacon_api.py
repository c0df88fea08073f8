"""An Ethereum consensus node by the Beacon API (validator §3.2): periods and validators.

The head is the newest slot whose epoch and the one after it are followed by a finalized one, so a
window that has ended is final. Scope: PERIODS and META; not here: blocks (``block_fees``), rewards
(``consensus_api``), endpoints (``resources.sources.ethereum.beacon_api``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from cdp_assets.errors import BadConfiguration
from cdp_assets.units import WEI_PER_GWEI
from cdp_assets.validators.chains.adapter import (
    Adapter,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
    ResponseSink,
)
from cdp_assets.validators.chains.ethereum.fetch_headers import FINALITY_EPOCHS, open_final_view
from cdp_assets.validators.chains.ethereum.fetch_rewards import fetch_edge_states, read_edge_states
from cdp_assets.validators.rules.identity_rules import ObservedValidator
from cdp_assets.validators.rules.period_rules import (
    ChainHead,
    Period,
    PeriodEdges,
    PeriodPlanner,
)
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.ethereum.beacon_api import API_VERSION, LARGEST_BATCH, BeaconApi
from resources.sources.ethereum.beacon_responses import BeaconValidator


class BeaconNode(Adapter):
    """One node; it needs the states of the periods that are fetched."""

    name = "beacon_api"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"PERIODS", "META"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/eth/v1/beacon/genesis"),
    }

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.beacon = beacon_of(clients)

    def head(self, sink: ResponseSink, periods: PeriodPlanner) -> ChainHead:
        """Fetch the final head and the windows up to it."""
        config, checkpoint = self.beacon.config(), self.beacon.finalized_epoch()
        sink.store(config.responses, "answer")
        sink.store(checkpoint.responses, "answer")
        slots_per_epoch = config.value().value[1]
        epoch = max(0, checkpoint.value().value - FINALITY_EPOCHS + 1)
        slot = epoch * slots_per_epoch
        return ChainHead(slot, periods.upto(slot, slots_per_epoch))

    def edges(self, archive: Archive, period: Period) -> PeriodEdges:
        """Fetch the numbers of the first and last block; times follow from the slots."""
        genesis, config = self.beacon.genesis_time(), self.beacon.config()
        archive.store(genesis.responses)
        archive.store(config.responses)
        seconds = config.value().value[0]

        def time_of(slot: int) -> datetime:
            return datetime.fromtimestamp(genesis.value().value + slot * seconds, UTC)

        slots = range(period.start_slot, period.end_slot + 1)
        return PeriodEdges(
            start_block=self._first_block(archive, slots),
            end_block=self._first_block(archive, reversed(slots)),
            start_ts=time_of(period.start_slot),
            end_ts=time_of(period.end_slot),
        )

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the tracked validators at the start of a window and at its end."""
        view = open_final_view(self.beacon, archive, request.period)
        found = fetch_edge_states(view, archive, request.period, request.tracked)
        if not found and not request.tracks_all:
            raise BadConfiguration(
                "the node knows none of the tracked validators",
                key="tracked_validators",
                hint="name them in chains.yaml by index or public key",
            )
        return len(found)

    @classmethod
    def read_meta(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedValidator]:
        """Read the validators with their keys and the stake at the window's start."""
        stakes, validators = read_edge_states(stored)
        return [_observed(one, stakes[one.index], context) for one in validators]

    def _first_block(self, archive: Archive, slots: Sequence[int] | reversed[int]) -> int | None:
        """Return the number of the first block in slots; null: none holds a block."""
        for slot in slots:
            header = self.beacon.header(slot)
            archive.store(header.responses)
            if header.value().value is not None:
                block = self.beacon.block(slot)
                archive.store(block.responses)
                return block.value().value.block_number
        return None


def beacon_of(clients: Clients, name: str = "") -> BeaconApi:
    """Return a client of the Beacon API at the provider's address, or at a further one."""
    http = clients.further[name] if name else clients.http
    return BeaconApi(http, batch_size=min(clients.batch_size, LARGEST_BATCH))


def _observed(one: BeaconValidator, stake_gwei: int, context: ReadContext) -> ObservedValidator:
    """Return a validator; its key is its public key, or its index where it is tracked by that."""
    index = str(one.index)
    is_by_index = not context.tracks(one.pubkey) and context.tracks(index)
    key = index if is_by_index else one.pubkey
    return ObservedValidator(
        validator_key=key,
        keys=(
            ("pubkey", one.pubkey),
            ("index", index),
            ("withdrawal", one.withdrawal_credentials),
            *(("fee_recipient", address) for address in context.recipients_of(key)),
        ),
        total_stake=stake_gwei * WEI_PER_GWEI,
    )
