"""Solana Beach (validator §3.1): block rewards of each identity by epoch.

A history has many epochs, so it is walked once in a run, as deep as the run's first period needs,
and cut into the periods. Scope: FEES; not here: pages and fields
(``resources.sources.solana.solana_beach``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cdp_assets.errors import InvalidSourceResponse, MissingUpstream, TransientFailure
from cdp_assets.validators.chains.adapter import (
    Adapter,
    Alternate,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.rules.fees_rules import FeeTotals, ValidatorFees, fees_by_validator
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.codecs.exact_json import canonical_text
from resources.http.http_client import Request
from resources.http.raw_response import RawResponse
from resources.sources.json_api import parsed
from resources.sources.solana.solana_beach import (
    API_VERSION,
    LARGEST_PAGE,
    EpochRewards,
    SolanaBeach,
)

SPARE_EPOCHS = 2  # rows beyond the wanted one, so that a walk sees it passed in one page
WALKS = 3  # through histories that change meanwhile, before the fetch is left to a later run
_CLUSTER = None
_PART = "block_rewards"


@dataclass(frozen=True)
class _History:
    """A history down to an epoch.

    Attributes:
        rows: By epoch.
        down_to: Every epoch from here on that the history has is in ``rows``.
        responses: From which it was read.
    """

    rows: Mapping[int, EpochRewards]
    down_to: int
    responses: tuple[RawResponse, ...]


class SolanaBeachHistory(Adapter):
    """One service; an identity without blocks in an epoch has no row in it."""

    name = "solana_beach"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"FEES"})
    probes: ClassVar[Mapping[str, Request]] = {"": Request("probe", path="/epoch-info")}
    fetches_by_identity: ClassVar[frozenset[DataType]] = frozenset({"FEES"})
    reads_by_identity: ClassVar[frozenset[DataType]] = frozenset({"FEES"})

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        size = min(clients.batch_size, LARGEST_PAGE)
        self.beach = SolanaBeach(clients.http, page_size=size)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Store what the histories of the period's identities, and of the cluster, say of it.

        Raises:
            MissingUpstream: The period's validators are not known.
            TransientFailure: The service failed, or does not have the epoch yet.
        """
        epoch, known = request.period.ordinal, request.values("identity")
        identities = sorted(one for one, validator in known.items() if request.tracks(validator))
        if not identities:
            raise MissingUpstream(
                "the identities of its validators are not known",
                key=request.period.period_id,
                hint="materialize canonical_validator_identities of this period first",
            )
        cluster = self._history(archive, _CLUSTER, epoch)
        if epoch not in cluster.rows:
            self.clients.memory.clear()  # another try requests it again
            raise TransientFailure(
                "the service does not list this epoch yet",
                key=request.period.period_id,
                hint="it is fetched again automatically",
            )
        found = {one: self._history(archive, one, epoch) for one in identities}
        document = {
            "epoch": epoch,
            "network": cluster.rows[epoch].as_json(),
            "identities": {
                one: history.rows[epoch].as_json()
                for one, history in found.items()
                if epoch in history.rows
            },
        }
        histories = [cluster, *found.values()]
        sources = [response for one in histories for response in one.responses]
        cut = archive.store_cut(f"{_PART}:{epoch}", canonical_text(document), sources, role="part")
        archive.name_part(f"{_PART}:{epoch}", [cut])  # a source of fees has a manifest
        return len(identities)

    @classmethod
    def read_fees(cls, stored: StoredFetch, context: ReadContext) -> ValidatorFees:
        """Read fees by validator; its leader slots, missed ones included, are unknown."""
        by_identity = {
            one: FeeTotals(row.fees, row.blocks, row.blocks, leader_slots=None)
            for one, row in _rows(stored)[1].items()
        }
        return fees_by_validator(by_identity, context.values("identity"), context.tracks)

    @classmethod
    def read_alternates(
        cls, data_type: DataType, stored: StoredFetch, context: ReadContext
    ) -> Iterator[Alternate]:
        """Yield the fees of each validator, and of the network."""
        network, _ = _rows(stored)
        for validator, totals in sorted(cls.read_fees(stored, context).by_validator.items()):
            yield Alternate(validator, "EXEC_FEES", totals.total_fees_native)
        yield Alternate(None, "EXEC_FEES", network.fees)

    def _history(self, archive: Archive, identity: str | None, wanted: int) -> _History:
        """Return a history that reaches an epoch, walked once in a run."""
        memory: dict[str | None, _History] = self.clients.memory.setdefault("histories", {})  # type: ignore[assignment]
        known = memory.get(identity)
        if known is not None and known.down_to <= wanted:
            return known
        for _ in range(WALKS):
            walked = self._walked(archive, identity, wanted, memory.get(_CLUSTER))
            if walked is not None:
                memory[identity] = walked
                return walked
        raise TransientFailure(
            f"pages of the history changed in each of {WALKS} walks",
            key=f"{identity or 'cluster'} {wanted}",
            hint="it is fetched again automatically",
        )

    def _walked(
        self, archive: Archive, identity: str | None, wanted: int, cluster: _History | None
    ) -> _History | None:
        """Walk a history once; null where an epoch changed or vanished meanwhile."""
        newest = max(cluster.rows, default=wanted) if cluster else wanted + LARGEST_PAGE
        rows: dict[int, EpochRewards] = {}
        responses: list[RawResponse] = []
        total = 0
        for reply in self.beach.walk(identity, wanted, newest - wanted + 1 + SPARE_EPOCHS):
            archive.store(reply.responses)
            page = reply.value()
            responses.append(reply.responses[-1])
            if page.total < total or any(
                rows.setdefault(row.epoch, row) != row for row in page.rows
            ):
                return None
            total = page.total
        return _History(rows, min(wanted, min(rows, default=wanted)), tuple(responses))


def _rows(stored: StoredFetch) -> tuple[EpochRewards, dict[str, EpochRewards]]:
    """Read a stored cut: the network's row, and that of each identity."""
    ((_, body),) = stored.parts(_PART)
    document = parsed(body)
    if not isinstance(document, dict) or not {"network", "identities"} <= set(document):
        raise InvalidSourceResponse("the stored rewards have another shape")
    identities: Mapping[str, Mapping[str, Any]] = document["identities"]
    return _row(document["network"]), {one: _row(row) for one, row in identities.items()}


def _row(row: Mapping[str, Any]) -> EpochRewards:
    return EpochRewards(int(row["epoch"]), int(row["blocks"]), int(row["fees"]))
