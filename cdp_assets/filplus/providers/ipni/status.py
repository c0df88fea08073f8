"""IPNI status of providers (compliance §6.7): one statement, used for the day and for the present.

Python, because a run stores the observation of the clock's day and its counts in one transaction,
and must never compute a past day from today's advertisements: such a day is NOT_OBSERVED.
Scope: what the status is built from and the two tables that hold it; not here: the rule itself
(``filplus.ipni_reporting_status``, a function of the database) or the crawl (``ipni.crawl``).
"""

from __future__ import annotations

from datetime import date, datetime

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.providers.known_providers import KNOWN_PROVIDERS

CLAIMS = "filplus/client_provider_distribution"
ADVERTISEMENTS = "filplus/ipni_publisher_advertisement"
MINER_INFO = "raw_lotus/miner_info"
PROVIDERS = "raw_dmob/unique_providers"
INPUTS = (ADVERTISEMENTS, CLAIMS, MINER_INFO, PROVIDERS)

# A provider that could not be looked up on the day keeps the peer id of the last day before.
_STATUS = f"""
with known as ({KNOWN_PROVIDERS}),

peers as (
    select k.provider, m.peer_id
    from known k
    left join lateral (
        select i.peer_id
        from raw_lotus.miner_info i
        where i.provider = k.provider and i.day <= %(day)s
        order by i.day desc
        limit 1
    ) m on true
),

reported as (
    select publisher_id, coalesce(sum(entries_number) filter (where not is_rm), 0) as entries
    from filplus.ipni_publisher_advertisement
    group by publisher_id
),

actual as (
    select provider, sum(claims_count) as claims
    from filplus.client_provider_distribution
    group by provider
)

select
    p.provider,
    p.peer_id,
    r.entries,
    a.claims,
    filplus.ipni_reporting_status(r.entries, a.claims) as status
from peers p
left join reported r on r.publisher_id = p.peer_id
left join actual a on a.provider = p.provider
"""


def require_inputs(connection: psycopg.Connection) -> None:
    """Refuse to compute from tables that were never built: every provider would look silent.

    Raises:
        MissingUpstream: Peer ids, advertisements or claims are not there.
    """
    built = {
        found[0]
        for found in connection.execute(
            "select asset_key from ops.asset_version where asset_key = any(%s)",
            [[ADVERTISEMENTS, CLAIMS, MINER_INFO]],
        )
    }
    missing = sorted({ADVERTISEMENTS, CLAIMS, MINER_INFO} - built)
    if missing:
        raise MissingUpstream(
            f"the IPNI status needs tables that were never materialized: {', '.join(missing)}",
            hint=f"`cdp refresh --select {missing[0]}`",
        )


def observe_day(cursor: psycopg.Cursor, day: date) -> None:
    """Replace the observation of a day: each provider's status and the counts behind it."""
    cursor.execute("delete from raw_ipni.provider_reporting where day = %s", [day])
    cursor.execute(
        f"""
        insert into raw_ipni.provider_reporting (
            day, provider, peer_id, reported_count, actual_count, reporting_status
        )
        select %(day)s, s.* from ({_STATUS}) s
        """,
        {"day": day},
    )


def replace_daily(cursor: psycopg.Cursor, day: date) -> int:
    """Replace the counts of a day by those of its observation; return the rows, 0 or 1."""
    cursor.execute("delete from filplus.ipni_reporting_daily where date = %s", [day])
    cursor.execute(
        """
        insert into filplus.ipni_reporting_daily (date, ok, not_reporting, misreporting, total)
        select day,
            count(*) filter (where reporting_status = 'OK'),
            count(*) filter (where reporting_status = 'NOT_REPORTING'),
            count(*) filter (where reporting_status = 'MISREPORTING'),
            count(*)
        from raw_ipni.provider_reporting
        where day = %s
        group by day
        """,
        [day],
    )
    return cursor.rowcount


def is_observed(connection: psycopg.Connection, day: date) -> bool:
    """Return whether a day was observed."""
    row = connection.execute(
        "select exists (select from raw_ipni.provider_reporting where day = %s)", [day]
    ).fetchone()
    return row == (True,)


def replace_live(cursor: psycopg.Cursor, as_of: datetime) -> int:
    """Replace the present status of all providers; return the rows."""
    cursor.execute("delete from filplus.provider_ipni_reporting")
    cursor.execute(
        f"""
        insert into filplus.provider_ipni_reporting (
            provider, peer_id, ipni_reported_claims_count, claims_count, ipni_reporting_status,
            data_as_of
        )
        select s.provider, s.peer_id, s.entries, s.claims, s.status,
            %(as_of)s::timestamptz at time zone 'UTC'
        from ({_STATUS}) s
        """,
        {"day": as_of.date(), "as_of": as_of},
    )
    return cursor.rowcount
