"""beaconcha.in as a second opinion on what blocks paid (validator §3.2): compared, never booked.

Scope: rewards of the period's proposals; not here: comparing them (``validators.reconciliation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import SecretStr

from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.chains.adapter import (
    Adapter,
    Alternate,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.chains.ethereum.fetch_blocks import read_proposals
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.batches import batches
from resources.http.http_client import Request
from resources.sources.ethereum.beaconchain import (
    API_VERSION,
    LARGEST_BATCH,
    Beaconchain,
    read_blocks,
)


class BeaconchainExplorer(Adapter):
    """The explorer; it is requested for the blocks of the stored fetch of FEES."""

    name = "beaconchain"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"MEV"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/api/v1/execution/block/1", accepted=frozenset({404})),
    }

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        size = min(clients.batch_size, LARGEST_BATCH)
        self.explorer = Beaconchain(clients.http, batch_size=size)

    @classmethod
    def headers(cls, key: SecretStr) -> dict[str, SecretStr]:
        """Return the header with the key."""
        return {"apikey": key}

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch the explorer's view of the blocks that tracked validators proposed."""
        stored = request.winner_of("FEES")
        if stored is None:
            raise MissingUpstream(
                "the period's blocks are not known yet",
                key=request.period.period_id,
                hint="materialize staging_fees of this period first",
            )
        with archive.connection.transaction():
            numbers = [one.block.number for one in read_proposals(stored)]
        for batch in batches(numbers, self.explorer.batch_size):
            reply = self.explorer.blocks(batch)
            archive.store(reply.responses)
            reply.value()
            archive.name_part(reply.name, reply.responses)
        return len(numbers)

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield fees and MEV by validator, for any recipient."""
        key_of = context.values("index")
        sums: dict[tuple[str, str], int] = {}
        for _, body in stored.parts("explorer_blocks"):
            for block in read_blocks(body).values():
                key = key_of.get(str(block.proposer_index))
                if key is not None:
                    component = "MEV_TIPS" if block.is_mev else "EXEC_FEES"
                    sums[key, component] = sums.get((key, component), 0) + block.producer_reward
        for (key, component), amount in sorted(sums.items()):
            yield Alternate(key, component, amount)
