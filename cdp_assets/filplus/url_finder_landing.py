"""Landing of the URL finder: one observation per provider and UTC day (compliance §3.19).

The service tells the present only, so it is asked for the day of the clock and for no other; a past
day is made of the answers kept from it, or stays NOT_OBSERVED (spec README, "Observations").
Belongs here: asking, reading kept answers, replacing a day. Does not: the protocol
(``resources.url_finder``), how answers are kept (``source_answers``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from cdp_assets.errors import BadSourceAnswer, CdpError
from cdp_assets.filplus.source_answers import keep_answer, kept_answers
from resources.url_finder import BULK, LARGEST_BULK, Retrievability, UrlFinder, read_bulk

SCHEMA = "raw_url_finder"
_NAMED = 5


@dataclass(frozen=True)
class Observation:
    """One provider's figure and the kept answer that it was read from."""

    row: Retrievability
    answer_id: int


def providers_to_ask(connection: psycopg.Connection) -> list[str]:
    """Return every provider that the source knows, as prefixed ids in ascending order."""
    rows = connection.execute(
        "select 'f0' || provider_id from raw_dmob.unique_providers "
        "where provider_id ~ '^[0-9]+$' order by provider_id::bigint"
    )
    return [row[0] for row in rows]


def observe(
    connection: psycopg.Connection, finder: UrlFinder, day: date, providers: Sequence[str]
) -> list[Observation]:
    """Ask for all providers, keep every answer as received, and return what they say.

    Answers are committed one by one: what a source said is kept even when the day then fails.

    Raises:
        CdpError: A slice got no usable answer; nothing of the day was replaced.
    """
    observations: list[Observation] = []
    failures: list[CdpError] = []
    for first in range(0, len(providers), LARGEST_BULK):
        asked = providers[first : first + LARGEST_BULK]
        outcome = finder.ask_bulk(asked)
        kept = [keep_answer(connection, SCHEMA, day, asked, answer) for answer in outcome.answers]
        if outcome.failure is not None:
            failures.append(outcome.failure)
            continue
        observations += [Observation(row, kept[-1]) for row in read_bulk(outcome.usable(), asked)]
    if failures:
        slices = -(-len(providers) // LARGEST_BULK)
        worst = failures[0]
        raise type(worst)(
            f"{len(failures)} of {slices} requests to the URL finder gave no usable answer; "
            f"the first: {worst.message}",
            key=f"{day:%Y-%m-%d}",
            hint="the day keeps the rows that it had; its answers are in raw_url_finder.answers",
        )
    return observations


def read_kept(connection: psycopg.Connection, day: date) -> list[Observation] | None:
    """Return what the kept answers of a day say, the latest per provider; null when none was kept.

    Raises:
        BadSourceAnswer: A kept answer that was complete can no longer be read.
    """
    latest: dict[str, Observation] = {}
    any_kept = False
    for kept in kept_answers(connection, SCHEMA, day, named=BULK):
        any_kept = True
        for seen in read_bulk(kept.answer, kept.asked):
            latest[seen.provider] = Observation(seen, kept.answer_id)
    if not any_kept:
        return None
    return [latest[provider] for provider in sorted(latest)]


def replace_day(cursor: psycopg.Cursor, day: date, observations: Sequence[Observation]) -> int:
    """Replace the rows of a day in the caller's transaction; return how many there were before.

    Raises:
        BadSourceAnswer: A provider stands in it twice.
    """
    providers = [seen.row.provider for seen in observations]
    if len(set(providers)) != len(providers):
        twice = sorted({p for p in providers if providers.count(p) > 1})[:_NAMED]
        raise BadSourceAnswer(f"providers observed twice: {', '.join(twice)}", key=f"{day}")
    deleted = cursor.execute(
        "delete from raw_url_finder.provider_retrievability where day = %s", [day]
    ).rowcount
    with cursor.copy(
        "copy raw_url_finder.provider_retrievability "
        "(day, provider, retrievability_percent, answer_id) from stdin"
    ) as sink:
        for seen in sorted(observations, key=lambda o: o.row.provider):
            sink.write_row(
                (day, seen.row.provider, seen.row.retrievability_percent, seen.answer_id)
            )
    return deleted
