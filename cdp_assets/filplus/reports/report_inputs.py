"""What reports are made of: one statement per input table, for all chosen entities at once.

This is the only place that knows the names and columns of the inputs. Ids are prefixed, bytes are
integers, times aware UTC. Belongs here: statements and typed rows. Does not: any rule. Never a
query per client or allocator: chosen ids go in as one array.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.compliance.ipni_status import ipni_status
from cdp_assets.filplus.reports.report_rows import Location, ReplicaRow, SharingRow
from cdp_assets.filplus.scoring.number_rules import exact, share_percent
from cdp_assets.units import FILPLUS_START_HEIGHT

INPUT_TABLES = (
    "raw_dmob.verifier", "raw_dmob.verified_client", "raw_dmob.verified_client_allowance",
    "raw_dmob.client_contract", "filplus.allocator_registry",
    "filplus.allocator_client_bookkeeping", "filplus.client_provider_distribution",
    "filplus.client_replica_distribution", "filplus.cid_sharing", "filplus.client_claims_hourly",
    "filplus.storage_provider_url_finder_metric",
    "filplus.storage_provider_url_finder_metric_value", "filplus.provider_ipni_reporting",
    "filplus.provider_ip_info",
)  # fmt: skip
# Observed for the present only; a warehouse without them has reports that say "unknown".
OPTIONAL_TABLES = ("raw_lotus.client_status", "filplus.provider_client_working_url")

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


class RegistryEntry(NamedTuple):
    """An allocator's file in the registry of the present edition."""

    allocator: str
    address: str
    data_type: str
    audit: tuple[str, ...]
    data_types: tuple[str, ...]
    required_copies: str | None
    required_sps: str | None
    tranche_schedule: str | None
    first_audit_ended: datetime | None


class Verifier(NamedTuple):
    """An allocator as the chain knows it. ``allocator`` is its id."""

    row_id: int
    allocator: str
    address: str | None
    name: str | None
    org_name: str | None
    is_multisig: bool
    is_meta: bool
    is_virtual: bool
    dc_source: str | None
    address_eth: str | None
    created_at_height: int | None


class ProviderFacts(NamedTuple):
    """What is known of a provider whoever its client is; the tail of a ``ProviderRow``."""

    retrievability: Decimal | None
    consistent: Decimal | None
    inconsistent: Decimal | None
    ttfb: Decimal | None
    bandwidth: Decimal | None
    ipni_reporting_status: str
    ipni_reported_claims_count: int | None
    claims_count: int | None
    location: Location | None


def require_inputs(connection: psycopg.Connection, tables: Sequence[str] = INPUT_TABLES) -> None:
    """Refuse when an input table does not exist.

    Raises:
        MissingUpstream: Every absent one is named.
    """
    absent = [table for table in tables if not _exists(connection, table)]
    if absent:
        raise MissingUpstream(
            f"tables that this is made of do not exist: {', '.join(absent)}",
            hint="run `cdp migrate`, then `cdp refresh`",
        )


def applied_clients(connection: psycopg.Connection) -> list[str]:
    """Return the clients that have a bookkeeping row, ascending."""
    rows = connection.execute(
        "select distinct client_id from filplus.allocator_client_bookkeeping order by 1"
    )
    return [row[0] for row in rows]


def registry(connection: psycopg.Connection) -> list[RegistryEntry]:
    """Return the registry of the present edition, ascending by allocator."""
    cursor = connection.execute(
        """
        select allocator_id, allocator_address, data_type, coalesce(audit, '{}'),
            coalesce(data_types, '{}'), required_replicas, required_sps, tranche_schedule,
            first_audit_ended_at at time zone 'UTC'
        from filplus.allocator_registry order by allocator_id
        """
    )
    return [
        RegistryEntry._make((*row[:3], tuple(row[3]), tuple(row[4]), *row[5:])) for row in cursor
    ]


def verifiers(connection: psycopg.Connection) -> list[Verifier]:
    """Return every allocator with an id, ascending by row id."""
    cursor = connection.execute(
        """
        select id, address_id, address, name, org_name, coalesce(is_multisig, false),
            coalesce(is_meta_allocator, false), coalesce(is_virtual, false), dc_source,
            address_eth, created_at_height
        from raw_dmob.verifier where address_id is not null order by id
        """
    )
    return [Verifier(*row) for row in cursor]


def clients_of(connection: psycopg.Connection, allocators: Iterable[str]) -> list[tuple[str, str]]:
    """Return (allocator, client) of the clients that are no contract, ascending by row id."""
    cursor = connection.execute(
        """
        select v.verifier_address_id, v.address_id
        from raw_dmob.verified_client v
        where v.verifier_address_id = any(%s) and v.address_id <> ''
            and not exists (
                select from raw_dmob.client_contract c where c.address_id = v.address_id
            )
        order by v.id
        """,
        [list(allocators)],
    )
    return [(row[0], row[1]) for row in cursor]


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
            to_timestamp(30 * coalesce(a.height, 0) + 1598306400), a.height >= %s
        from raw_dmob.verified_client_allowance a
        join unnest(%s::text[]) chosen (client) on chosen.client = a.address_id
        order by a.id
        """,
        [FILPLUS_START_HEIGHT, list(clients)],
    )
    return _grouped(
        (
            Allowance._make((*row[:3], int(row[3]), *row[4:8], bool(row[8])))
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
            Application._make((*row[:4], tuple(row[4]), row[5], _whole(row[6]), _whole(row[7])))
            for row in cursor
        ),
        0,
    )


def pair_sizes(
    connection: psycopg.Connection, clients: Sequence[str]
) -> dict[str, list[tuple[str, int, int]]]:
    """Return (provider, total, unique) by client, each ascending by provider (§3.4)."""
    cursor = connection.execute(
        """
        select d.client, d.provider, d.total_deal_size, d.unique_data_size
        from filplus.client_provider_distribution d
        join unnest(%s::text[]) chosen (client) on chosen.client = d.client
        order by d.client, d.provider
        """,
        [list(clients)],
    )
    found: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for client, provider, total, unique in cursor.fetchall():
        found[client].append((provider, total, unique))
    return found


def provider_facts(connection: psycopg.Connection, now: datetime) -> dict[str, ProviderFacts]:
    """Return what is known of every provider with deals: measurements, IPNI, place (§6.1)."""
    claims: dict[str, int | None] = dict(
        connection.execute(
            "select provider, sum(claims_count)::bigint from filplus.client_provider_distribution "
            "group by provider"
        ).fetchall()
    )
    reporting: dict[str, tuple[str, int | None, int | None]] = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(
            "select provider, ipni_reporting_status, ipni_reported_claims_count, claims_count "
            "from filplus.provider_ipni_reporting"
        )
    }
    metrics = _newest_metrics(connection, now)
    places = _newest_places(connection, now)
    facts = {}
    for provider, actual in claims.items():
        measured = metrics.get(provider, {})
        consistent = measured.get("CAR_FILES")
        facts[provider] = ProviderFacts(
            measured.get("RPA_RETRIEVABILITY"),
            consistent,
            None if consistent is None else 1 - consistent,
            measured.get("TTFB"),
            measured.get("BANDWIDTH"),
            *reporting.get(provider, (ipni_status(None, actual), None, actual)),
            places.get(provider),
        )
    return facts


def replicas(connection: psycopg.Connection, clients: Sequence[str]) -> dict[str, list[ReplicaRow]]:
    """Return replica rows by client, ascending, with truncated percentages (§3.12, §6.2)."""
    cursor = connection.execute(
        """
        select d.client, d.num_of_replicas, d.total_deal_size, d.unique_data_size,
            (sum(d.total_deal_size) over (partition by d.client))::bigint
        from filplus.client_replica_distribution d
        join unnest(%s::text[]) chosen (client) on chosen.client = d.client
        order by d.client, d.num_of_replicas
        """,
        [list(clients)],
    )
    found: dict[str, list[ReplicaRow]] = defaultdict(list)
    for client, copies, total, unique, whole in cursor.fetchall():
        found[client].append(ReplicaRow(copies, total, unique, share_percent(total, whole)))
    return found


def sharing(connection: psycopg.Connection, clients: Sequence[str]) -> dict[str, list[SharingRow]]:
    """Return sharing rows by client, ascending by the other client (§3.13)."""
    cursor = connection.execute(
        """
        select s.client, s.other_client, s.total_deal_size, s.unique_cid_count
        from filplus.cid_sharing s
        join unnest(%s::text[]) chosen (client) on chosen.client = s.client
        order by s.client, s.other_client
        """,
        [list(clients)],
    )
    found: dict[str, list[SharingRow]] = defaultdict(list)
    for client, other, total, count in cursor.fetchall():
        found[client].append(SharingRow(other, total, count))
    return found


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


def last_spent(connection: psycopg.Connection, clients: Sequence[str]) -> dict[str, datetime]:
    """Return the newest hour with a deal by client (§6.2)."""
    cursor = connection.execute(
        """
        select h.client, max(h.hour) at time zone 'UTC'
        from filplus.client_claims_hourly h
        join unnest(%s::text[]) chosen (client) on chosen.client = h.client
        group by h.client
        """,
        [list(clients)],
    )
    return dict(cursor.fetchall())


def waits(
    connection: psycopg.Connection, clients: Sequence[str]
) -> dict[tuple[str, datetime], int]:
    """Return the seconds from each grant to the client's next hour with a deal (§3.19).

    Hours are bucket starts, so deals in the hour of the grant do not count. A grant that no deal
    followed is absent.
    """
    cursor = connection.execute(
        """
        with chosen as (select unnest(%s::text[]) as client),
        moments as (
            select distinct a.address_id as client,
                to_timestamp(30 * a.height + 1598306400) at time zone 'UTC' as at, true as is_grant
            from raw_dmob.verified_client_allowance a
            join chosen on chosen.client = a.address_id
            where a.height >= %s
            union all
            select h.client, h.hour, false
            from filplus.client_claims_hourly h join chosen using (client)
        ),
        followed as (
            select client, at, is_grant, min(at) filter (where not is_grant) over (
                partition by client order by at desc
                range between unbounded preceding and current row
            ) as hour
            from moments
        )
        select client, at at time zone 'UTC', hour at time zone 'UTC'
        from followed where is_grant and hour is not null
        """,
        [list(clients), FILPLUS_START_HEIGHT],
    )
    second = timedelta(seconds=1)
    return {(client, at): (hour - at) // second for client, at, hour in cursor.fetchall()}


def chain_statuses(
    connection: psycopg.Connection, now: datetime
) -> dict[str, tuple[int | None, str | None]]:
    """Return (datacap left, allowed deviation of its contract) by client, newest observation.

    The deviation is percent with two decimals, as text (§2.2).
    """
    if not _exists(connection, OPTIONAL_TABLES[0]):
        return {}
    cursor = connection.execute(
        """
        select distinct on (client) client, available_datacap, max_deviation_bps
        from raw_lotus.client_status where day <= %s order by client, day desc
        """,
        [now.date()],
    )
    return {
        client: (_whole(left), None if bps is None else f"{Decimal(bps) / 100:.2f}")
        for client, left, bps in cursor.fetchall()
    }


def working_urls(connection: psycopg.Connection) -> dict[tuple[str, str], str]:
    """Return a working address by (provider, client), where observed."""
    if not _exists(connection, OPTIONAL_TABLES[1]):
        return {}
    cursor = connection.execute(
        "select provider, client, working_url from filplus.provider_client_working_url "
        "where working_url is not null"
    )
    return {(provider, client): url for provider, client, url in cursor}


def watermarks(connection: psycopg.Connection) -> dict[str, int]:
    """Return the committed version of each input, 0 where it has none."""
    keys = [table.replace(".", "/") for table in (*INPUT_TABLES, *OPTIONAL_TABLES)]
    cursor = connection.execute(
        "select asset_key, version from ops.asset_version where asset_key = any(%s)", [keys]
    )
    found: dict[str, int] = dict(cursor.fetchall())
    return {key: found.get(key, 0) for key in sorted(keys)}


def _newest_metrics(
    connection: psycopg.Connection, now: datetime
) -> Mapping[str, Mapping[str, Decimal]]:
    cursor = connection.execute(
        """
        select distinct on (v.provider, m.metric_type) v.provider, m.metric_type::text, v.value
        from filplus.storage_provider_url_finder_metric_value v
        join filplus.storage_provider_url_finder_metric m on m.id = v.metric_id
        where v.tested_at is null or v.tested_at <= %s::timestamptz at time zone 'UTC'
        order by v.provider, m.metric_type, v.tested_at desc nulls last, v.id desc
        """,
        [now],
    )
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for provider, metric, value in cursor:
        number = exact(value)
        if number is not None:
            found[provider][metric] = number
    return found


def _newest_places(connection: psycopg.Connection, now: datetime) -> Mapping[str, Location]:
    cursor = connection.execute(
        """
        select distinct on (provider) provider, city, region, country, lat, long
        from filplus.provider_ip_info
        where date <= %s::timestamptz at time zone 'UTC'
        order by provider, date desc
        """,
        [now],
    )
    return {
        provider: Location(
            None, city, region, country, None if lat is None or long is None else f"{lat},{long}"
        )
        for provider, city, region, country, lat, long in cursor
        if (city, region, country, lat) != (None, None, None, None)
    }


def _grouped(rows: Iterable[Row], key: int) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _exists(connection: psycopg.Connection, table: str) -> bool:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            sql.SQL("select to_regclass({}) is not null").format(sql.Literal(table))
        ).fetchone()
        return bool(row and row[0])


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
