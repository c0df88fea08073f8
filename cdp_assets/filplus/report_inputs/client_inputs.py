"""What reports read of clients: who they are, what they applied for and what they were granted.

One statement per input table, for all chosen clients at once: their ids go in as one array. Only
this knows the names and columns of these inputs. Ids are prefixed, bytes are integers, times aware
UTC. Scope: statements and typed rows; not here: any rule, or what was stored for clients
(``client_deals``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import psycopg

from cdp_assets.units import FILPLUS_START_HEIGHT, height_to_time

Row = TypeVar("Row", bound=tuple[Any, ...])


class VerifiedClient(NamedTuple):
    """A client's row under one allocator; the first by ``row_id`` is its first (R-27)."""

    row_id: int
    client: str
    address: str | None
    allocator: str
    name: str | None
    org_name: str | None


class Allowance(NamedTuple):
    """One grant of an allocator to a client; first by ``row_id``. Times UTC, bytes."""

    row_id: int
    client: str
    allocator: str
    allowance: int
    audit_trail: str | None
    issued_at: datetime | None
    received_at: datetime | None
    granted_at: datetime
    counts_for_first_deal: bool


class Application(NamedTuple):
    """A client's application in the bookkeeping of an allocator."""

    client: str
    allocator: str
    client_name: str | None
    contract: str | None
    declared: tuple[str, ...]
    is_public: bool | None
    requested: int | None
    expected: int | None


def applied_clients(connection: psycopg.Connection) -> list[str]:
    """Return the clients that have a bookkeeping row, ascending."""
    rows = connection.execute(
        "select distinct client_id from filplus.allocator_client_bookkeeping order by 1"
    )
    return [row[0] for row in rows]


def verified_clients(
    connection: psycopg.Connection, clients: Sequence[str]
) -> dict[str, list[VerifiedClient]]:
    """Return the rows of clients by client, each ascending by row id."""
    cursor = connection.execute(
        """
        select v.id, v.address_id, v.address, coalesce(v.verifier_address_id, ''), v.name,
            v.org_name
        from raw_dmob.verified_client v
        join unnest(%s::text[]) chosen (client) on chosen.client = v.address_id
        order by v.id
        """,
        [list(clients)],
    )
    return _grouped((VerifiedClient._make(row) for row in cursor.fetchall()), 1)


def allowances(
    connection: psycopg.Connection, clients: Sequence[str]
) -> dict[str, list[Allowance]]:
    """Return the grants to clients by client, each ascending by row id."""
    cursor = connection.execute(
        """
        select a.id, a.address_id, coalesce(a.verifier_address_id, ''),
            coalesce(a.allowance, 0)::numeric, nullif(a.audit_trail, 'n/a'),
            to_timestamp(a.issue_create_timestamp), to_timestamp(a.create_message_timestamp),
            coalesce(a.height, 0), a.height >= %s
        from raw_dmob.verified_client_allowance a
        join unnest(%s::text[]) chosen (client) on chosen.client = a.address_id
        order by a.id
        """,
        [FILPLUS_START_HEIGHT, list(clients)],
    )
    return _grouped(
        (
            Allowance._make(
                (*row[:3], int(row[3]), *row[4:7], height_to_time(row[7]), bool(row[8]))
            )
            for row in cursor.fetchall()
        ),
        1,
    )


def applications(
    connection: psycopg.Connection, clients: Sequence[str]
) -> dict[str, list[Application]]:
    """Return the applications of clients by client, each ascending by allocator."""
    cursor = connection.execute(
        """
        select b.client_id, b.allocator_id, b.client_name,
            nullif(trim(b.client_contract_address), ''), b.declared_providers,
            b.is_public_dataset, b.total_requested_amount_bytes,
            b.expected_size_of_single_dataset_bytes
        from filplus.allocator_client_bookkeeping b
        join unnest(%s::text[]) chosen (client) on chosen.client = b.client_id
        order by b.client_id, b.allocator_id
        """,
        [list(clients)],
    )
    return _grouped(
        (
            Application._make(
                (*row[:4], tuple(row[4]), row[5], _as_integer(row[6]), _as_integer(row[7]))
            )
            for row in cursor
        ),
        0,
    )


def application_urls(connection: psycopg.Connection, clients: Sequence[str]) -> dict[str, str]:
    """Return the application of each client: the trail of its first allowance (R-24)."""
    cursor = connection.execute(
        """
        select distinct on (a.address_id) a.address_id, nullif(a.audit_trail, 'n/a')
        from raw_dmob.verified_client_allowance a
        join unnest(%s::text[]) chosen (client) on chosen.client = a.address_id
        order by a.address_id, a.id
        """,
        [list(clients)],
    )
    return {client: url for client, url in cursor.fetchall() if url is not None}


def chain_statuses(
    connection: psycopg.Connection, now: datetime
) -> dict[str, tuple[int | None, str | None]]:
    """Return (datacap left, allowed deviation of its contract) by client, newest observation.

    The deviation is percent with two decimals, as text (§2.2).
    """
    cursor = connection.execute(
        """
        select distinct on (client) client, available_datacap, max_deviation_bps
        from raw_lotus.client_status where day <= %s order by client, day desc
        """,
        [now.date()],
    )
    return {
        client: (_as_integer(left), None if bps is None else f"{Decimal(bps) / 100:.2f}")
        for client, left, bps in cursor.fetchall()
    }


def _grouped(rows: Iterable[Row], key: int) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _as_integer(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
