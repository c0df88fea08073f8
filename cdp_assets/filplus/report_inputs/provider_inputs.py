"""What reports read of providers: measurements, IPNI, places and working addresses.

One statement per input table, for every provider at once. Rates are Decimal, times aware UTC.
Scope: statements and typed rows; not here: any rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import psycopg

from cdp_assets.filplus.reports.report_rows import Location
from cdp_assets.filplus.scoring.number_rules import exact


class ProviderFacts(NamedTuple):
    """What is known of a provider, for any client; the tail of a ``ProviderRow``."""

    retrievability: Decimal | None
    consistent: Decimal | None
    inconsistent: Decimal | None
    ttfb: Decimal | None
    bandwidth: Decimal | None
    ipni_reporting_status: str
    ipni_reported_claims_count: int | None
    claims_count: int | None
    location: Location | None


def provider_facts(connection: psycopg.Connection, now: datetime) -> dict[str, ProviderFacts]:
    """Return what is known of every provider with deals: measurements, IPNI, place (§6.1)."""
    metrics = _newest_metrics(connection, now)
    places = _newest_places(connection, now)
    facts = {}
    for provider, status, reported, claims in _ipni(connection):
        measured = metrics.get(provider, {})
        consistent = measured.get("CAR_FILES")
        facts[provider] = ProviderFacts(
            measured.get("RPA_RETRIEVABILITY"),
            consistent,
            None if consistent is None else 1 - consistent,
            measured.get("TTFB"),
            measured.get("BANDWIDTH"),
            status,
            reported,
            claims,
            places.get(provider),
        )
    return facts


def working_urls(
    connection: psycopg.Connection, clients: Sequence[str], now: datetime
) -> dict[tuple[str, str], str]:
    """Return a working address by (provider, client) of some clients, by the newest observation.

    A newest observation that found none hides the address of an older one. Pairs without an address
    are absent.
    """
    cursor = connection.execute(
        """
        select d.provider, d.client, newest.working_url
        from unnest(%s::text[]) chosen (client)
        join filplus.client_provider_distribution d on d.client = chosen.client
        cross join lateral (
            select w.working_url
            from raw_url_finder.client_working_url w
            where w.client = d.client and w.provider = d.provider and w.day <= %s
            order by w.day desc
            limit 1
        ) newest
        where newest.working_url is not null
        """,
        [list(clients), now.date()],
    )
    return {(provider, client): url for provider, client, url in cursor}


def _ipni(connection: psycopg.Connection) -> list[tuple[str, str, int | None, int | None]]:
    """Return status, advertised entries and claims of every provider with deals (§6.7).

    Entries are those of the last crawl; claims are counted now, and the status follows from both,
    so that it fits the claims beside it. A provider that the crawl did not find advertised nothing.
    """
    cursor = connection.execute(
        """
        select d.provider,
            filplus.ipni_reporting_status(r.ipni_reported_claims_count, d.claims),
            r.ipni_reported_claims_count, d.claims
        from (
            select provider, sum(claims_count)::bigint as claims
            from filplus.client_provider_distribution
            group by provider
        ) d
        left join filplus.provider_ipni_reporting r on r.provider = d.provider
        """
    )
    return cursor.fetchall()


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
        select distinct on (provider) provider, city, region, country, lat, long, ip, org, postal,
            timezone
        from filplus.provider_ip_info
        where date <= %s::timestamptz at time zone 'UTC'
        order by provider, date desc
        """,
        [now],
    )
    return {
        provider: Location(
            ip,
            city,
            region,
            country,
            None if lat is None or long is None else f"{lat},{long}",
            *more,
        )
        for provider, city, region, country, lat, long, ip, *more in cursor
        if (city, region, country, lat) != (None, None, None, None)
    }
