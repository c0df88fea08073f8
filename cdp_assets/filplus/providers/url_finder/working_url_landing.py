"""Landing of working addresses: one observation per client, provider and UTC day (compliance §2.2).

The service takes one request per pair, so a day has a budget and the pairs take turns. Scope: which
pairs to fetch, storing responses, a day of stored responses; not here: the protocol
(``resources.sources.url_finder``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import psycopg

from cdp_assets.core.ingestion.response_store import store_response, stored_responses
from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure
from resources.http.circuit_breaker import CircuitOpen
from resources.http.http_client import HttpClient, RequestResult
from resources.sources.url_finder import PAIR, PairFound, UrlFinder, read_provider_client

SCHEMA = "raw_url_finder"
ASSET_KEY = "raw_url_finder/client_working_url"
REFUSALS_IN_A_ROW = 20  # a source that denies access gets no five thousand requests
_RETRIED_SHARE = 10  # a tenth of the budget: pairs that always fail must not use it up
_UNKNOWN = PairFound(None, None)


class Pair(NamedTuple):
    """A client and a provider that has deals of it, both ``f0…``."""

    client: str
    provider: str

    @property
    def name(self) -> str:
        """Name in ``ops.failed_entities``."""
        return f"{self.provider}/{self.client}"


@dataclass
class PairsResult:
    """Outcome of the requests.

    Attributes:
        tried: Names of the pairs whose request was sent.
        failed: Reason by name of those without a usable response.
    """

    tried: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Content of a pair's newest response of a day, and its id."""

    content: PairFound
    response_id: int


# The day of the newest response of a pair `d`, by the index on (client, provider, day).
_NEWEST = """
    select w.day
    from raw_url_finder.client_working_url w
    where w.client = d.client and w.provider = d.provider
    order by w.day desc
    limit 1
"""
_PENDING = f"""
with fetched as (
    select distinct entities[1] as provider, entities[2] as client
    from raw_url_finder.responses
    where day = %(day)s and is_complete and starts_with(request_fingerprint, %(named)s)
),

pending as (
    select d.client, d.provider, seen.day, f.last_failed_at
    from filplus.client_provider_distribution d
    left join lateral ({_NEWEST}) seen on true
    left join ops.failed_entities f
        on f.asset_key = %(key)s and f.entity = d.provider || '/' || d.client
    where not exists (
        select from fetched a where a.provider = d.provider and a.client = d.client
    )
)
"""
_CHOSEN = """,
ranked as (
    select *, row_number() over (
        partition by last_failed_at is null
        order by last_failed_at, day nulls first, client, provider
    ) as place
    from pending
),

chosen as (
    select *
    from ranked
    order by
        case when last_failed_at is null then 1 when place <= %(retries)s then 0 else 2 end, place
    limit greatest(0, %(budget)s - (select count(*) from fetched))
)

select client, provider from chosen order by last_failed_at nulls first, place
"""

# Pairs without a response of the seven days that end `today`, the longest ago first.
WITHOUT_RESPONSE = f"""
select d.client, d.provider, newest.day as fetched
from filplus.client_provider_distribution d
left join lateral ({_NEWEST}) newest on true
where newest.day is null or newest.day <= %(today)s::date - 7
order by newest.day nulls first, d.client, d.provider
"""


def pairs_to_fetch(connection: psycopg.Connection, day: date, budget: int) -> list[Pair]:
    """Return the pairs that a day still fetches, never fetched and fetched longest ago first.

    Responses that the day has already are part of the budget. A tenth of it is for pairs whose last
    call failed; they come last, so that what always fails stops nothing else.
    """
    rows = connection.execute(
        _PENDING + _CHOSEN,
        {**_parameters(day), "budget": budget, "retries": max(1, budget // _RETRIED_SHARE)},
    )
    return [Pair._make(row) for row in rows]


def pending_pairs(connection: psycopg.Connection, day: date) -> int:
    """Return how many pairs have no response of a day."""
    row = connection.execute(_PENDING + "select count(*) from pending", _parameters(day)).fetchone()
    assert row is not None
    return int(row[0])


def _parameters(day: date) -> dict[str, object]:
    return {"day": day, "named": PAIR, "key": ASSET_KEY}


def fetch(
    connection: psycopg.Connection, http: HttpClient, day: date, pairs: Sequence[Pair]
) -> PairsResult:
    """Fetch pairs in their order and store every response; those not reached are skipped.

    It ends early where the source denies access several times in a row, or stays down.

    Raises:
        CdpError: Not one request got a usable response; the first failure.
    """
    finder, result = UrlFinder(http), PairsResult()
    first_failure: CdpError | None = None
    refusals = 0
    for pair in pairs:
        outcome = finder.fetch_provider_client(pair.provider, pair.client)
        if _was_not_sent(outcome):
            break
        for response in outcome.responses:
            store_response(connection, SCHEMA, day, [pair.provider, pair.client], response)
        result.tried.append(pair.name)
        refusals = refusals + 1 if _is_refusal(outcome.failure) else 0
        if outcome.failure is not None:
            first_failure = first_failure or outcome.failure
            result.failed[pair.name] = outcome.failure.message
        if refusals == REFUSALS_IN_A_ROW:
            break
    if first_failure is not None and len(result.failed) == len(result.tried):
        raise first_failure
    return result


def _was_not_sent(outcome: RequestResult) -> bool:
    return isinstance(outcome.failure, CircuitOpen) and not outcome.responses


def _is_refusal(failure: CdpError | None) -> bool:
    return isinstance(failure, PermanentFailure) and not isinstance(failure, InvalidSourceResponse)


def rows_of_day(connection: psycopg.Connection, day: date) -> dict[Pair, Found] | None:
    """Return what the stored responses of a day hold, the latest per pair; null without any.

    Raises:
        InvalidSourceResponse: A stored response that was complete can no longer be read.
    """
    rows: dict[Pair, Found] = {}
    for stored in stored_responses(connection, SCHEMA, day, named=PAIR):
        provider, client = stored.entities
        content = read_provider_client(stored.response, provider, client)
        rows[Pair(client, provider)] = Found(content or _UNKNOWN, stored.response_id)
    return dict(sorted(rows.items())) or None


def replace_day(cursor: psycopg.Cursor, day: date, rows: Mapping[Pair, Found]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from raw_url_finder.client_working_url where day = %s", [day])
    with cursor.copy(
        "copy raw_url_finder.client_working_url "
        "(day, client, provider, working_url, retrievability_percent, response_id) from stdin"
    ) as sink:
        for pair, found in rows.items():
            content = found.content
            sink.write_row(
                (day, *pair, content.working_url, content.retrievability_percent, found.response_id)
            )
