"""Landing of working addresses: one observation per client, provider and UTC day (compliance §2.2).

The service is asked once per pair, so a day has a budget and the pairs take turns. Belongs here:
whom to ask, asking, making a day of kept answers. Does not: the protocol
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
from resources.http.http_client import RequestResult
from resources.sources.url_finder import PAIR, PairFound, UrlFinder, read_provider_client

SCHEMA = "raw_url_finder"
ASSET_KEY = "raw_url_finder/client_working_url"
REFUSALS_IN_A_ROW = 20  # a source that refuses us is not asked five thousand times
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
    """What came of asking.

    Attributes:
        tried: Names of the pairs whose call was made.
        failed: Reason by name of those without a usable answer.
    """

    tried: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a pair's newest answer of a day says, and the kept answer."""

    said: PairFound
    response_id: int


# The day of the newest answer of a pair `d`, by the index on (client, provider, day).
_NEWEST = """
    select w.day
    from raw_url_finder.client_working_url w
    where w.client = d.client and w.provider = d.provider
    order by w.day desc
    limit 1
"""
_WAITING = f"""
with answered as (
    select distinct entities[1] as provider, entities[2] as client
    from raw_url_finder.responses
    where day = %(day)s and is_complete and starts_with(request_fingerprint, %(named)s)
),

waiting as (
    select d.client, d.provider, seen.day, f.last_failed_at
    from filplus.client_provider_distribution d
    left join lateral ({_NEWEST}) seen on true
    left join ops.failed_entities f
        on f.asset_key = %(key)s and f.entity = d.provider || '/' || d.client
    where not exists (
        select from answered a where a.provider = d.provider and a.client = d.client
    )
)
"""
_CHOSEN = """,
ranked as (
    select *, row_number() over (
        partition by last_failed_at is null
        order by last_failed_at, day nulls first, client, provider
    ) as place
    from waiting
),

chosen as (
    select *
    from ranked
    order by
        case when last_failed_at is null then 1 when place <= %(retries)s then 0 else 2 end, place
    limit greatest(0, %(budget)s - (select count(*) from answered))
)

select client, provider from chosen order by last_failed_at nulls first, place
"""

# Pairs without an answer of the seven days that end with `day`, the longest waiting first.
UNANSWERED = f"""
select d.client, d.provider, newest.day as answered
from filplus.client_provider_distribution d
left join lateral ({_NEWEST}) newest on true
where newest.day is null or newest.day <= %(day)s::date - 7
order by newest.day nulls first, d.client, d.provider
"""


def pairs_to_ask(connection: psycopg.Connection, day: date, budget: int) -> list[Pair]:
    """Return the pairs that a day still asks for, those never asked and asked longest ago first.

    Answers that the day has already are part of the budget. A tenth of it is for pairs whose last
    call failed; they come last, so that what always fails stops nothing else.
    """
    rows = connection.execute(
        _WAITING + _CHOSEN,
        {**_parameters(day), "budget": budget, "retries": max(1, budget // _RETRIED_SHARE)},
    )
    return [Pair._make(row) for row in rows]


def pending_pairs(connection: psycopg.Connection, day: date) -> int:
    """Return how many pairs have no answer of a day."""
    row = connection.execute(_WAITING + "select count(*) from waiting", _parameters(day)).fetchone()
    assert row is not None
    return int(row[0])


def _parameters(day: date) -> dict[str, object]:
    return {"day": day, "named": PAIR, "key": ASSET_KEY}


def fetch(
    connection: psycopg.Connection, finder: UrlFinder, day: date, pairs: Sequence[Pair]
) -> PairsResult:
    """Ask for pairs in their order and keep every answer; those not reached are left out.

    Asking ends early where the source refuses us in a row, or stays down.

    Raises:
        CdpError: Not one call was answered; the first failure.
    """
    asked = PairsResult()
    first_failure: CdpError | None = None
    refusals = 0
    for pair in pairs:
        outcome = finder.ask_provider_client(pair.provider, pair.client)
        if _was_not_asked(outcome):
            break
        for answer in outcome.answers:
            store_response(connection, SCHEMA, day, [pair.provider, pair.client], answer)
        asked.tried.append(pair.name)
        refusals = refusals + 1 if _is_refusal(outcome.failure) else 0
        if outcome.failure is not None:
            first_failure = first_failure or outcome.failure
            asked.failed[pair.name] = outcome.failure.message
        if refusals == REFUSALS_IN_A_ROW:
            break
    if first_failure is not None and len(asked.failed) == len(asked.tried):
        raise first_failure
    return asked


def _was_not_asked(outcome: RequestResult) -> bool:
    return isinstance(outcome.failure, CircuitOpen) and not outcome.answers


def _is_refusal(failure: CdpError | None) -> bool:
    return isinstance(failure, PermanentFailure) and not isinstance(failure, InvalidSourceResponse)


def day_of_kept(connection: psycopg.Connection, day: date) -> dict[Pair, Found] | None:
    """Return what the kept answers of a day say, the latest per pair; null without any.

    Raises:
        InvalidSourceResponse: A kept answer that was complete can no longer be read.
    """
    rows: dict[Pair, Found] = {}
    for kept in stored_responses(connection, SCHEMA, day, named=PAIR):
        provider, client = kept.entities
        said = read_provider_client(kept.response, provider, client)
        rows[Pair(client, provider)] = Found(said or _UNKNOWN, kept.response_id)
    return dict(sorted(rows.items())) or None


def replace_day(cursor: psycopg.Cursor, day: date, rows: Mapping[Pair, Found]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from raw_url_finder.client_working_url where day = %s", [day])
    with cursor.copy(
        "copy raw_url_finder.client_working_url "
        "(day, client, provider, working_url, retrievability_percent, response_id) from stdin"
    ) as sink:
        for pair, found in rows.items():
            said = found.said
            sink.write_row(
                (day, *pair, said.working_url, said.retrievability_percent, found.response_id)
            )
