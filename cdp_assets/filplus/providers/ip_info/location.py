"""Locations of providers: which to look up, which address counts, one row per look-up (§3.19).

Scope: the choice of providers, the order of a provider's addresses, the row; not here: the service
(``resources.sources.ipinfo``) or names (``resources.http.dns``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.errors import InvalidSourceResponse, TransientFailure
from resources.codecs.multiaddr import host_of
from resources.http.dns import Resolver
from resources.http.response_validation import EndpointNotFound
from resources.sources.ipinfo import IpLocator, Location, read_location

SCHEMA = "raw_ipinfo"
PER_RUN = 20  # compliance §3.19: "each hour at most 20"
STALE_AFTER = timedelta(days=7)  # compliance §3.19


@dataclass(frozen=True)
class Candidate:
    """A provider whose location is stale, with its newest known addresses."""

    provider: str
    multiaddrs: tuple[str, ...]


def stale_providers(connection: psycopg.Connection, as_of: datetime) -> list[Candidate]:
    """Return at most 20 providers of ``providers_weekly`` without a row younger than seven days.

    Never looked up first, then the oldest. A provider whose addresses were not looked up yet waits
    for the node instead of getting an empty row; one that fails repeatedly does not block the
    others.
    """
    rows = connection.execute(
        """
        with known as (
            select distinct provider from filplus.providers_weekly
        ),

        rated as (
            select k.provider, i.date, m.multiaddrs, f.last_failed_at
            from known k
            join lateral (
                select n.multiaddrs from raw_lotus.miner_info n
                where n.provider = k.provider
                order by n.day desc
                limit 1
            ) m on true
            left join lateral (
                select p.date from filplus.provider_ip_info p
                where p.provider = k.provider
                order by p.date desc
                limit 1
            ) i on true
            left join ops.failed_entities f
                on f.asset_key = 'filplus/provider_ip_info' and f.entity = k.provider
        )

        select provider, multiaddrs
        from rated
        where date is null or date < %(since)s::timestamptz at time zone 'UTC'
        order by last_failed_at nulls first, date nulls first, provider
        limit %(limit)s
        """,
        {"since": as_of - STALE_AFTER, "limit": PER_RUN},
    )
    return [Candidate(provider, tuple(addresses)) for provider, addresses in rows]


def locate_all(
    connection: psycopg.Connection,
    locator: IpLocator,
    resolver: Resolver,
    candidates: Sequence[Candidate],
    as_of: datetime,
) -> tuple[dict[str, Location | None], dict[str, str]]:
    """Look providers up.

    Returns:
        Location by provider, null where none was found, and the reason by provider whose look-up
        may succeed later: it gets no row, so that what is known stays.

    Raises:
        PermanentFailure: The service denies access, or is not at its address.
        TransientFailure: The service returned no location of any provider.
    """
    found: dict[str, Location | None] = {}
    failed: dict[str, str] = {}
    down: TransientFailure | EndpointNotFound | None = None
    for candidate in candidates:
        provider = candidate.provider
        try:
            addresses = ip_addresses(candidate.multiaddrs, resolver)
        except TransientFailure as failure:
            failed[provider] = failure.message
            continue
        try:
            found[provider] = _locate(connection, locator, provider, addresses, as_of)
        except (TransientFailure, EndpointNotFound) as failure:
            down = down or failure  # later ones only say that no request was sent
            failed[provider] = failure.message
        except InvalidSourceResponse as refusal:
            failed[provider] = refusal.message
    if down is not None and not found:
        raise down
    return found, failed


def _locate(
    connection: psycopg.Connection,
    locator: IpLocator,
    provider: str,
    addresses: Sequence[str],
    as_of: datetime,
) -> Location | None:
    """Return the first location that the service has for one of the addresses."""
    for address in addresses:
        outcome = locator.locate(address)
        for response in outcome.responses:
            store_response(connection, SCHEMA, as_of.date(), [provider, address], response)
        response = outcome.usable()
        location = None if response.http_status == 404 else read_location(response.body)
        if location is not None:
            return location
    return None


def ip_addresses(multiaddrs: Sequence[str], resolver: Resolver) -> list[str]:
    """Return the IP addresses of multiaddrs in order, names resolved, each once.

    Raises:
        SourceUnavailable: A name could not be looked up and no address came before it.
    """
    addresses: list[str] = []
    for text in multiaddrs:
        host = host_of(text)
        if host is None:
            continue
        if host.kind in ("ip4", "ip6"):
            try:
                addresses.append(str(ipaddress.ip_address(host.name)))
            except ValueError:
                continue
            continue
        try:
            addresses += resolver(host.name)
        except TransientFailure:
            if not addresses:
                raise
    return list(dict.fromkeys(addresses))


def store_locations(
    cursor: psycopg.Cursor, found: Mapping[str, Location | None], as_of: datetime
) -> None:
    """Add one row per provider, also where no location was found; older rows stay."""
    at = as_of.replace(tzinfo=None)
    cursor.executemany(
        "insert into filplus.provider_ip_info (provider, date, lat, long, country, region, city, "
        "ip, org, postal, timezone) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict do nothing",
        [(provider, at, *_columns(found[provider])) for provider in sorted(found)],
    )


def _columns(location: Location | None) -> tuple[str | None, ...]:
    if location is None:
        return (None,) * 9
    return (
        location.lat,
        location.long,
        location.country,
        location.region,
        location.city,
        location.ip,
        location.org,
        location.postal,
        location.timezone,
    )
