"""Priority fees of Ethereum blocks (validator §3.2): execution node, and beacon node for slots.

Scope: FEES; not here: builders' payments (``mev_relay``), the order of requests
(``chains.ethereum``).
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
from cdp_assets.validators.chains.adapters.beacon_api import beacon_of
from cdp_assets.validators.chains.ethereum.fetch_blocks import fetch_blocks
from cdp_assets.validators.chains.ethereum.fetch_headers import fetch_headers, open_final_view
from cdp_assets.validators.chains.ethereum.window_income import (
    booked_payloads,
    income_by_validator,
)
from cdp_assets.validators.rules.ethereum_blocks import ValidatorBlocks
from cdp_assets.validators.rules.fees_rules import FeeTotals, ValidatorFees
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.ethereum.ethereum_rpc import PROTOCOL, EthereumRpc


class BlockFees(Adapter):
    """An execution node, and a beacon node as the further address ``beacon``."""

    name = "block_fees"
    version = PROTOCOL
    data_types: ClassVar[frozenset[DataType]] = frozenset({"FEES"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request(
            "probe",
            method="POST",
            body=b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}',
        ),
        "beacon": Request("probe", path="/eth/v1/beacon/genesis"),
    }
    fetches_by_identity: ClassVar[frozenset[DataType]] = frozenset({"FEES"})
    reads_by_identity: ClassVar[frozenset[DataType]] = frozenset({"FEES"})
    reads_too: ClassVar[dict[DataType, frozenset[DataType]]] = {"FEES": frozenset({"MEV"})}

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.rpc = EthereumRpc(clients.http, batch_size=clients.batch_size)
        self.beacon = beacon_of(clients, "beacon")

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the headers of a window, and the blocks of its tracked proposers."""
        view = open_final_view(self.beacon, archive, request.period)
        indexes = request.values("index")
        headers = fetch_headers(view, archive, request.period)
        own = [one for one in headers if str(one.proposer_index) in indexes]
        fetch_blocks(view, self.rpc, archive, own)
        return len(own)

    @classmethod
    def read_fees(cls, stored: StoredFetch, context: ReadContext) -> ValidatorFees:
        """Read the priority fees of the blocks that no relay delivered, by validator."""
        sums = income_by_validator(stored, booked_payloads(context), context)
        by_validator = {key: _totals(blocks) for key, blocks in sums.items()}
        return ValidatorFees(by_validator, {}, is_proven=True)


def _totals(blocks: ValidatorBlocks) -> FeeTotals:
    """Return a validator's fees; its missed slots are unknown, so its leader slots are, too."""
    return FeeTotals(
        total_fees_native=blocks.priority_fees,
        fee_count=blocks.vanilla_blocks,
        blocks_produced=blocks.blocks,
        leader_slots=None,
        priority_fees_native=blocks.priority_fees,
        flags=set(blocks.fee_flags),
    )
