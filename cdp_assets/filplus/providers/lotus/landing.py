"""Landing of miner info: one row per provider and UTC day, of the node and the contract (§2.2).

Scope: which providers to fetch, storing responses, a day of stored responses; not here: the
protocol (``resources.sources.lotus_rpc``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import psycopg

from cdp_assets.core.ingestion.batch_requests import (
    invalid_ids,
    raise_if_all_failed,
    request_in_batches,
    store_responses,
)
from cdp_assets.core.ingestion.daily_ingest import Day
from cdp_assets.core.ingestion.failed_entities import IN_PART, joined
from cdp_assets.core.ingestion.response_store import stored_responses
from cdp_assets.errors import CdpError
from cdp_assets.filplus.providers.known_providers import known_providers
from resources.http.http_client import HttpClient, RequestResult
from resources.sources.lotus_rpc import (
    LARGEST_BATCH,
    MINER_INFO,
    PEER_DATA,
    BatchResponse,
    LotusRpc,
    MinerInfo,
    read_miner_info,
    read_peer_data,
)

SCHEMA = "raw_lotus"
FRESH_FOR = timedelta(hours=12)  # compliance §2.2: "cached 12 h"


@dataclass(frozen=True, slots=True)
class MinerRow:
    """What is known of a provider on a day; ``peer_id`` is the contract's where it is set."""

    provider: str
    info: MinerInfo
    contract_peer_id: str | None
    fetched_at: datetime
    response_id: int
    contract_response_id: int

    @property
    def peer_id(self) -> str | None:
        """The contract's peer id replaces the node's when it is not empty (§2.2)."""
        return self.contract_peer_id or self.info.peer_id


def stale_providers(connection: psycopg.Connection, day: Day) -> list[str]:
    """Return the providers whose row of the day is missing or older than twelve hours."""
    fresh = {
        row[0]
        for row in connection.execute(
            "select provider from raw_lotus.miner_info where day = %s and fetched_at > %s",
            [day.date, day.as_of - FRESH_FOR],
        )
    }
    return [provider for provider in known_providers(connection) if provider not in fresh]


def fetch(
    connection: psycopg.Connection,
    http: HttpClient,
    day: date,
    providers: Sequence[str],
    previously_failed: Collection[str] = (),
) -> dict[str, str]:
    """Fetch providers from node and contract, store every response; return which failed and why.

    ``previously_failed`` failed last time; no response for them says nothing about the node.

    Raises:
        PermanentFailure: The node denies access (credential, address).
        TransientFailure: Not one batch got a response.
    """
    rpc = LotusRpc(http)
    failed = invalid_ids(providers)
    valid = [provider for provider in providers if provider not in failed]
    attempts = [
        request_in_batches(
            valid,
            LARGEST_BATCH,
            partial(_fetch_batch, connection, day, send, read),
            previously_failed,
        )
        for send, read in ((rpc.miner_info, read_miner_info), (rpc.peer_data, read_peer_data))
    ]
    raise_if_all_failed(*attempts)
    for attempt in attempts:
        failed = joined(failed, attempt.failed)
    return failed


def _fetch_batch(
    connection: psycopg.Connection,
    day: date,
    send: Callable[[Sequence[str]], RequestResult],
    read: Callable[[bytes, Sequence[str]], BatchResponse[MinerInfo] | BatchResponse[str | None]],
    batch: Sequence[str],
) -> tuple[CdpError | None, dict[str, str]]:
    outcome = send(batch)
    store_responses(connection, SCHEMA, day, batch, outcome)
    if outcome.failure is not None:
        return outcome.failure, {}
    found = read(outcome.responses[-1].body, batch)
    return None, found.failed | {one: f"{IN_PART}{found.faults[one]}" for one in found.faults}


def rows_of_day(connection: psycopg.Connection, day: date) -> dict[str, MinerRow] | None:
    """Return what the stored responses of a day hold, the latest per provider; null without any.

    A provider has a row when both node and contract responded for it.
    """
    infos: dict[str, tuple[MinerInfo, datetime, int]] = {}
    peers: dict[str, tuple[str | None, int]] = {}
    any_stored = False
    for stored in stored_responses(connection, SCHEMA, day):
        name = stored.response.request_fingerprint
        if name.startswith(MINER_INFO):
            any_stored = True
            for provider, info in read_miner_info(
                stored.response.body, stored.entities
            ).values.items():
                infos[provider] = (info, stored.response.fetched_at, stored.response_id)
        elif name.startswith(PEER_DATA):
            any_stored = True
            for provider, peer_id in read_peer_data(
                stored.response.body, stored.entities
            ).values.items():
                peers[provider] = (peer_id, stored.response_id)
    if not any_stored:
        return None
    return {
        provider: MinerRow(
            provider, info, peers[provider][0], fetched_at, response_id, peers[provider][1]
        )
        for provider, (info, fetched_at, response_id) in sorted(infos.items())
        if provider in peers
    }


def replace_day(cursor: psycopg.Cursor, day: date, rows: Mapping[str, MinerRow]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from raw_lotus.miner_info where day = %s", [day])
    with cursor.copy(
        "copy raw_lotus.miner_info (day, provider, peer_id, lotus_peer_id, contract_peer_id, "
        "multiaddrs, fetched_at, response_id, contract_response_id) from stdin"
    ) as sink:
        for row in rows.values():
            sink.write_row(
                (
                    day,
                    row.provider,
                    row.peer_id,
                    row.info.peer_id,
                    row.contract_peer_id,
                    list(row.info.multiaddrs),
                    row.fetched_at,
                    row.response_id,
                    row.contract_response_id,
                )
            )
