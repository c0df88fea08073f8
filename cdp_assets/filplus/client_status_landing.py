"""Landing of what the chain says of clients: datacap left and the limit of their contract (§2.2).

Belongs here: whom to ask, keeping answers, making a day of kept answers. Does not: the protocol
(``resources.lotus_rpc``) or Dagster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from cdp_assets.errors import BadSourceAnswer, CdpError, PermanentFailure
from cdp_assets.filplus.source_answers import keep_answer, kept_answers
from resources.addresses import BadAddress, to_ethereum
from resources.http_client import Outcome
from resources.lotus_rpc import (
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
        fetched_at: When the datacap was answered.
        answer_id: The kept answer that told it.
        contract: 0x address of its contract; null: it uses none.
        deviation: Limit of that contract in hundredths of a percent; null: not told.
    """

    datacap: int | None
    fetched_at: datetime
    answer_id: int
    contract: str | None = None
    deviation: int | None = None


def clients_to_ask(connection: psycopg.Connection, day: date) -> list[str]:
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
        [day],
    )
    return [row[0] for row in rows]


def contracts_of(
    connection: psycopg.Connection, clients: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return contracts by client as 0x addresses, and by client why its contract is no address.

    Contracts stand in the applications.
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


def ask(
    connection: psycopg.Connection,
    rpc: LotusRpc,
    day: date,
    clients: Sequence[str],
    contracts: Mapping[str, str],
) -> dict[str, str]:
    """Ask for clients in batches, keep every answer; return who failed and why.

    Raises:
        PermanentFailure: The node refuses us.
        TransientFailure: Not one batch was answered.
    """
    failed: dict[str, str] = {}
    first_failure: CdpError | None = None
    answered = False
    for first in range(0, len(clients), LARGEST_BATCH):
        asked = clients[first : first + LARGEST_BATCH]
        with_contract = {client: contracts[client] for client in asked if client in contracts}
        outcomes = [(list(asked), rpc.client_status(asked))]
        if with_contract:
            names = [f"{client}@{with_contract[client]}" for client in sorted(with_contract)]
            outcomes.append((names, rpc.client_configs(with_contract)))
        for named, outcome in outcomes:
            failure = _keep(connection, day, named, outcome)
            answered = answered or failure is None
            first_failure = first_failure or failure
            if failure is not None:
                failed |= dict.fromkeys((n.split("@")[0] for n in named), failure.message)
        status, configs = outcomes[0][1], outcomes[1][1] if with_contract else None
        if status.failure is None:
            failed |= read_client_status(status.answers[-1].body, asked).failed
        if configs is not None and configs.failure is None:
            failed |= read_client_configs(configs.answers[-1].body, sorted(with_contract)).failed
    if first_failure is not None and not answered:
        raise first_failure
    return failed


def _keep(
    connection: psycopg.Connection, day: date, names: Sequence[str], outcome: Outcome
) -> CdpError | None:
    for answer in outcome.answers:
        keep_answer(connection, SCHEMA, day, names, answer)
    failure = outcome.failure
    if isinstance(failure, PermanentFailure) and not isinstance(failure, BadSourceAnswer):
        raise failure
    return failure


def day_of_kept(connection: psycopg.Connection, day: date) -> dict[str, ClientRow] | None:
    """Return what the kept answers of a day say, the latest per client; null without any."""
    rows: dict[str, ClientRow] = {}
    configs: dict[str, tuple[str, int]] = {}
    for kept in kept_answers(connection, SCHEMA, day):
        name = kept.answer.request_fingerprint
        if name.startswith(CLIENT_STATUS):
            for client, datacap in read_client_status(kept.answer.body, kept.asked).values.items():
                rows[client] = ClientRow(datacap, kept.answer.fetched_at, kept.answer_id)
        elif name.startswith(CLIENT_CONFIG):
            contracts = dict(pair.split("@", 1) for pair in kept.asked)
            found = read_client_configs(kept.answer.body, sorted(contracts)).values
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
        "max_deviation_bps, fetched_at, answer_id) from stdin"
    ) as sink:
        for client, row in rows.items():
            sink.write_row(
                (
                    day, client, row.datacap, row.contract, row.deviation, row.fetched_at,
                    row.answer_id,
                )
            )  # fmt: skip
