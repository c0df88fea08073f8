"""Landing of clients as the chain has them: datacap left, and the limit of their contract (§2.2).

Scope: which clients to fetch, storing responses, a day of stored responses; not here: the protocol
(``resources.sources.lotus_rpc``) or Dagster.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from cdp_assets.core.ingestion.batch_requests import (
    invalid_ids,
    raise_if_all_failed,
    request_in_batches,
    store_responses,
)
from cdp_assets.core.ingestion.daily_ingest import Day
from cdp_assets.core.ingestion.response_store import stored_responses
from cdp_assets.errors import CdpError
from resources.codecs.addresses import BadAddress, to_ethereum
from resources.http.http_client import HttpClient
from resources.sources.lotus_rpc import (
    CLIENT_CONFIG,
    CLIENT_STATUS,
    LARGEST_BATCH,
    LotusRpc,
    read_client_configs,
    read_client_status,
)

SCHEMA = "raw_lotus"
_ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass
class ClientRow:
    """What is known of a client on a day.

    Attributes:
        datacap: Bytes left; null: the chain knows no datacap of it.
        fetched_at: When the response with the datacap came.
        response_id: That stored response.
        contract: 0x address of its contract; null: it uses none.
        deviation: Limit of that contract in hundredths of a percent; null: not known.
    """

    datacap: int | None
    fetched_at: datetime
    response_id: int
    contract: str | None = None
    deviation: int | None = None


def pending_clients(connection: psycopg.Connection, day: Day) -> list[str]:
    """Return the clients of the source that have no row of the day yet."""
    rows = connection.execute(
        """
        select distinct c.address_id
        from raw_dmob.verified_client c
        where c.address_id ~ '^f0[0-9]{1,18}$'
            and not exists (
                select from raw_lotus.client_status s
                where s.day = %s and s.client = c.address_id
            )
        order by c.address_id
        """,
        [day.date],
    )
    return [row[0] for row in rows]


def contracts_of(
    connection: psycopg.Connection, clients: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return contracts by client as 0x addresses, and by client why its contract is no address.

    The applications name the contracts.
    """
    contracts: dict[str, str] = {}
    mistyped: dict[str, str] = {}
    rows = connection.execute(
        "select distinct client_id, trim(client_contract_address) "
        "from filplus.allocator_client_bookkeeping "
        "where client_id = any(%s) and trim(client_contract_address) <> '' order by 1, 2",
        [list(clients)],
    )
    for client, address in rows:
        try:
            contract = address if _ETHEREUM.fullmatch(address) else to_ethereum(address)
            contracts.setdefault(client, contract.lower())
        except BadAddress as error:
            mistyped[client] = f"its contract: {error}"
    return contracts, mistyped


def fetch(
    connection: psycopg.Connection,
    http: HttpClient,
    day: date,
    clients: Sequence[str],
    previously_failed: Collection[str] = (),
) -> dict[str, str]:
    """Fetch clients in batches, store every response; return which failed and why.

    ``previously_failed`` failed last time; no response for them says nothing about the node.

    Raises:
        PermanentFailure: The node denies access.
        TransientFailure: Not one batch got a response.
    """
    rpc = LotusRpc(http)
    contracts, mistyped = contracts_of(connection, clients)

    def fetch_status(batch: Sequence[str]) -> tuple[CdpError | None, dict[str, str]]:
        outcome = rpc.client_status(batch)
        store_responses(connection, SCHEMA, day, batch, outcome)
        if outcome.failure is not None:
            return outcome.failure, {}
        return None, read_client_status(outcome.responses[-1].body, batch).failed

    def fetch_configs(batch: Sequence[str]) -> tuple[CdpError | None, dict[str, str]]:
        batch = sorted(batch)  # the order of the request
        outcome = rpc.client_configs({client: contracts[client] for client in batch})
        named = [f"{client}@{contracts[client]}" for client in batch]
        store_responses(connection, SCHEMA, day, named, outcome)
        if outcome.failure is not None:
            return outcome.failure, {}
        return None, read_client_configs(outcome.responses[-1].body, batch).failed

    invalid = invalid_ids(clients)
    valid = [client for client in clients if client not in invalid]
    with_contract = [client for client in valid if client in contracts]
    attempts = (
        request_in_batches(valid, LARGEST_BATCH, fetch_status, previously_failed),
        request_in_batches(with_contract, LARGEST_BATCH, fetch_configs, previously_failed),
    )
    raise_if_all_failed(*attempts)
    failed = mistyped | invalid
    for attempt in attempts:
        failed |= attempt.failed
    return failed


def rows_of_day(connection: psycopg.Connection, day: date) -> dict[str, ClientRow] | None:
    """Return what the stored responses of a day hold, the latest per client; null without any."""
    rows: dict[str, ClientRow] = {}
    configs: dict[str, tuple[str, int]] = {}
    for stored in stored_responses(connection, SCHEMA, day):
        name = stored.response.request_fingerprint
        if name.startswith(CLIENT_STATUS):
            for client, datacap in read_client_status(
                stored.response.body, stored.entities
            ).values.items():
                rows[client] = ClientRow(datacap, stored.response.fetched_at, stored.response_id)
        elif name.startswith(CLIENT_CONFIG):
            contracts = dict(pair.split("@", 1) for pair in stored.entities)
            found = read_client_configs(stored.response.body, sorted(contracts)).values
            configs |= {client: (contracts[client], found[client]) for client in found}
    for client, (contract, deviation) in configs.items():
        if client in rows:
            rows[client].contract, rows[client].deviation = contract, deviation
    return dict(sorted(rows.items())) or None


def replace_day(cursor: psycopg.Cursor, day: date, rows: Mapping[str, ClientRow]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from raw_lotus.client_status where day = %s", [day])
    with cursor.copy(
        "copy raw_lotus.client_status (day, client, available_datacap, contract_address, "
        "max_deviation_bps, fetched_at, response_id) from stdin"
    ) as sink:
        for client, row in rows.items():
            sink.write_row(
                (
                    day,
                    client,
                    row.datacap,
                    row.contract,
                    row.deviation,
                    row.fetched_at,
                    row.response_id,
                )
            )
