"""Landing of miner info: one row per provider and UTC day, of the node and the contract (§2.2).

Belongs here: which providers are asked, keeping answers, making a day of kept answers. Does not:
the protocol (``resources.sources.lotus_rpc``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
from cdp_assets.core.ingestion.failed_entities import IN_PART, joined
from cdp_assets.core.ingestion.response_store import stored_responses
from cdp_assets.errors import CdpError
from resources.http.http_client import RequestResult
from resources.sources.lotus_rpc import (
    LARGEST_BATCH,
    MINER_INFO,
    PEER_DATA,
    Answers,
    LotusRpc,
    MinerInfo,
    read_miner_info,
    read_peer_data,
)

SCHEMA = "raw_lotus"
FRESH = timedelta(hours=12)  # compliance §2.2: "cached 12 h"


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


def stale_providers(
    connection: psycopg.Connection, day: date, providers: Sequence[str], as_of: datetime
) -> list[str]:
    """Return the providers whose row of the day is missing or older than twelve hours."""
    fresh = {
        row[0]
        for row in connection.execute(
            "select provider from raw_lotus.miner_info where day = %s and fetched_at > %s",
            [day, as_of - FRESH],
        )
    }
    return [provider for provider in providers if provider not in fresh]


def fetch(
    connection: psycopg.Connection,
    rpc: LotusRpc,
    day: date,
    providers: Sequence[str],
    previously_failed: Collection[str] = (),
) -> dict[str, str]:
    """Ask node and contract for providers, keep every answer; return who failed and why.

    ``previously_failed`` failed last time; no answer for them says nothing of the node.

    Raises:
        PermanentFailure: The node refuses us (credential, address).
        TransientFailure: Not one batch was answered.
    """
    failed = invalid_ids(providers)
    askable = [provider for provider in providers if provider not in failed]
    attempts = [
        request_in_batches(
            askable,
            LARGEST_BATCH,
            partial(_ask_batch, connection, day, send, read),
            previously_failed,
        )
        for send, read in ((rpc.miner_info, read_miner_info), (rpc.peer_data, read_peer_data))
    ]
    raise_if_all_failed(*attempts)
    for asked in attempts:
        failed = joined(failed, asked.failed)
    return failed


def _ask_batch(
    connection: psycopg.Connection,
    day: date,
    send: Callable[[Sequence[str]], RequestResult],
    read: Callable[[bytes, Sequence[str]], Answers[MinerInfo] | Answers[str | None]],
    asked: Sequence[str],
) -> tuple[CdpError | None, dict[str, str]]:
    outcome = send(asked)
    store_responses(connection, SCHEMA, day, asked, outcome)
    if outcome.failure is not None:
        return outcome.failure, {}
    said = read(outcome.answers[-1].body, asked)
    return None, said.failed | {one: f"{IN_PART}{said.faults[one]}" for one in said.faults}


def day_of_kept(connection: psycopg.Connection, day: date) -> dict[str, MinerRow] | None:
    """Return what the kept answers of a day say, the latest per provider; null without any.

    A provider is there when both node and contract answered for it.
    """
    infos: dict[str, tuple[MinerInfo, datetime, int]] = {}
    peers: dict[str, tuple[str | None, int]] = {}
    any_kept = False
    for kept in stored_responses(connection, SCHEMA, day):
        name = kept.response.request_fingerprint
        if name.startswith(MINER_INFO):
            any_kept = True
            for provider, info in read_miner_info(kept.response.body, kept.entities).values.items():
                infos[provider] = (info, kept.response.fetched_at, kept.response_id)
        elif name.startswith(PEER_DATA):
            any_kept = True
            for provider, peer_id in read_peer_data(
                kept.response.body, kept.entities
            ).values.items():
                peers[provider] = (peer_id, kept.response_id)
    if not any_kept:
        return None
    return {
        provider: MinerRow(
            provider, info, peers[provider][0], fetched_at, response_id, peers[provider][1]
        )
        for provider, (info, fetched_at, response_id) in sorted(infos.items())
        if provider in peers
    }


def replace_day(cursor: psycopg.Cursor, day: date, rows: Sequence[MinerRow]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from raw_lotus.miner_info where day = %s", [day])
    with cursor.copy(
        "copy raw_lotus.miner_info (day, provider, peer_id, lotus_peer_id, contract_peer_id, "
        "multiaddrs, fetched_at, response_id, contract_response_id) from stdin"
    ) as sink:
        for row in rows:
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
