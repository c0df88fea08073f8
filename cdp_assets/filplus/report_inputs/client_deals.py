"""Deals of clients as reports need them: providers, replicas, shared pieces, times.

One statement per input table, for all chosen clients at once: their ids go in as one array. Bytes
are integers, times aware UTC. Scope: statements and typed rows; not here: any rule, or who the
clients are (``client_inputs``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from cdp_assets.filplus.reports.report_rows import ReplicaRow, SharingRow
from cdp_assets.filplus.scoring.number_rules import share_percent
from cdp_assets.units import (
    FILECOIN_EPOCH_SECONDS,
    FILECOIN_GENESIS_UNIX_S,
    FILPLUS_START_HEIGHT,
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
    for client, copies, total, unique, sum_of_all in cursor.fetchall():
        found[client].append(ReplicaRow(copies, total, unique, share_percent(total, sum_of_all)))
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
        with chosen as (select unnest(%(clients)s::text[]) as client),
        moments as (
            select distinct a.address_id as client,
                to_timestamp(%(genesis)s + %(epoch)s * a.height) at time zone 'UTC' as at,
                true as is_grant
            from raw_dmob.verified_client_allowance a
            join chosen on chosen.client = a.address_id
            where a.height >= %(start)s
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
        {
            "clients": list(clients),
            "start": FILPLUS_START_HEIGHT,
            "genesis": FILECOIN_GENESIS_UNIX_S,
            "epoch": FILECOIN_EPOCH_SECONDS,
        },
    )
    second = timedelta(seconds=1)
    return {(client, at): (hour - at) // second for client, at, hour in cursor.fetchall()}
