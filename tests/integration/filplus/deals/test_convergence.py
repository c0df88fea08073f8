"""Whatever the order of arrival and of runs, the tables end in the same bytes (issue A)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import HOURLY, OF_THE_DAY, WEEKLY
from cdp_assets.core.planning import planner as refresh
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.database import DmobScale, append_hour
from simulator.dmob.mutations import mutate
from simulator.dmob.register_mutations import mutate_registers
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database
from tests.integration.conftest import make_source
from tests.integration.filplus.content import Content, day_of
from tests.integration.filplus.pipeline import Pipeline
from tests.integration.filplus.reference import expected, in_order, stored

pytestmark = pytest.mark.integration

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
FIRST_HOUR = datetime(2024, 2, 19, tzinfo=UTC)
START = datetime(2024, 2, 26, tzinfo=UTC)
END = datetime(2024, 3, 9, 21, tzinfo=UTC)
SMALL = DmobScale(
    deals=2_500, clients=30, providers=25, allocators=8, start=START, end=END, seed=23, pairs=120
)
# Inside an hour, over midnight, over Monday 00:00, then leaps.
TICKS = tuple(
    END + timedelta(minutes=minutes)
    for minutes in (20, 75, 27 * 60 + 30, 28 * 60 + 5, 80 * 60, 8 * 24 * 60)
)

Days = dict[tuple[str, datetime], list[Any]]

_KEPT_COLUMNS = (
    "day",
    "request_fingerprint",
    "entities",
    "http_status",
    "is_complete",
    "fetched_at",
    "response_hash",
    "body",
)


@pytest.fixture(scope="session")
def small_dmob(server: EmbeddedServer) -> str:
    """Name of a database made with ``SMALL`` that nobody is connected to."""
    name = make_source(server, "convergence_dmob", SMALL)
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        connection.execute(  # generated clients share no pieces
            "update unified_verified_deal set \"pieceCid\" = 'shared-' || mod(id, 40) "
            "where mod(id, 9) = 0"
        )
    return name


@pytest.fixture
def pipeline(
    server: EmbeddedServer, small_dmob: str, ready_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pipeline]:
    """The small source and a fresh warehouse; ids lie in blocks enough for a rotation."""
    monkeypatch.setattr("cdp_assets.filplus.dmob.changed_blocks.BLOCK_IDS", 256)
    monkeypatch.setattr("cdp_assets.filplus.dmob.changed_blocks.OVERLAP_IDS", 100)
    monkeypatch.setattr("cdp_assets.filplus.dmob.block_counts.BLOCK_IDS", 256)
    monkeypatch.setitem(refresh._LARGEST_RUN, "week", 2)  # so that weeks take several runs
    for dsn in fresh_database(server, small_dmob):
        yield Pipeline.over(dsn, ready_dsn)


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    """A URL finder; the settings name it."""
    with SimulatorServer(seed=23, as_of=END) as running:
        publish_environment({"CDP_URL_FINDER_API_URL": f"{running.url}/url-finder"})
        yield running


@pytest.fixture
def second_dsn(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of another fresh warehouse, for the rebuild."""
    yield from fresh_database(server, ready_template)


@pytest.mark.parametrize(
    ("seed", "ticks"),
    [
        pytest.param(1, TICKS, marks=pytest.mark.long, id="in six ticks"),
        pytest.param(2, TICKS[1:4:2] + TICKS[-1:], id="in three leaps"),
    ],
)
def test_ticks_over_a_changing_source_end_like_a_rebuild_from_scratch(
    pipeline: Pipeline,
    second_dsn: str,
    definitions: dg.Definitions,
    simulator: SimulatorServer,
    seed: int,
    ticks: tuple[datetime, ...],
) -> None:
    chance = random.Random(seed)
    before = START
    days: Days = {}
    with psycopg.connect(pipeline.dmob, autocommit=True) as source:
        for number, tick in enumerate(ticks):
            simulator.world.clock.set(tick)
            _let_the_source_live(source, chance, before, tick, number)
            is_last = tick == ticks[-1]
            pipeline.at(tick).sync(sweep_blocks=None if is_last else chance.choice([1, 3]))
            pipeline.refresh_in_part(definitions, runs=chance.randrange(1, 9))
            if is_last or number % 2 == 0:  # in other ticks nothing comes after the kill
                pipeline.refresh(definitions)
            days |= _counted_today(pipeline, tick)
            before = tick
        rebuilt = _rebuild(pipeline, second_dsn, definitions, ticks[-1])
        assert _different(pipeline.content(), rebuilt.content()) == {}
        assert _days(pipeline, days) == days
        assert pipeline.rebuilt[0]
        assert not any(pipeline.rebuilt[1:])
        plain = expected(source, ticks[-1], _rates(pipeline))
    assert {mart: in_order(pipeline.rows(mart)) for mart in plain} == plain


def test_a_running_week_that_only_gains_deals_is_made_by_their_keys_and_equals_a_rebuild(
    pipeline: Pipeline, second_dsn: str, definitions: dg.Definitions, simulator: SimulatorServer
) -> None:
    """Deals of the present and of the past, repeated pieces, then a deal that is deleted."""
    week = "2024-03-04"
    chance = random.Random(7)
    with psycopg.connect(pipeline.dmob, autocommit=True) as source:
        for number in range(4):
            now = END + number * HOUR + timedelta(minutes=20)
            simulator.world.clock.set(now)
            if number:
                append_hour(source, now.replace(minute=0), 20, seed=chance.randrange(10_000))
                append_hour(source, now - 30 * HOUR, 5, seed=chance.randrange(10_000))
                _store_again(source, datetime(2024, 3, 2, tzinfo=UTC), into=now - HOUR)
            if number == 3:
                source.execute(
                    "delete from unified_verified_deal where id in (select id from "
                    'unified_verified_deal where "termStart" between 3715000 and 3720000 '
                    "order by id limit 1)"
                )
            pipeline.at(now).sync()
            pipeline.refresh(definitions)
    assert pipeline.gained == [week, week]
    rebuilt = _rebuild(pipeline, second_dsn, definitions, now)
    assert rebuilt.gained == []
    content = pipeline.content()
    assert content == rebuilt.content()
    assert len(content["client_provider_repeated_piece_weekly"]) >= 4
    assert pipeline.rebuilt == [True, False, False, False]
    assert len(content["cid_sharing"]) > 4


def test_pieces_of_history_in_any_order_and_twice_give_the_same_bytes(
    pipeline: Pipeline, definitions: dg.Definitions, simulator: SimulatorServer
) -> None:
    simulator.world.clock.set(END)
    pipeline.at(END).sync()
    pipeline.refresh(definitions)
    in_one_range = pipeline.content()
    assert len(in_one_range["unified_verified_deal_hourly"]) > 500
    chance = random.Random(5)
    for start, end in _cut(FIRST_HOUR, END + HOUR, chance, pieces=8):
        assert all(result.is_good for result in pipeline.build(HOURLY, start, end))
    for week in (1, 2, 1):  # each builds on the week before; the second time in part only
        start = FIRST_HOUR + week * WEEK
        assert all(result.is_good for result in pipeline.build(WEEKLY, start, start + WEEK))
    assert pipeline.content() == in_one_range


def _let_the_source_live(
    source: psycopg.Connection[Any],
    chance: random.Random,
    before: datetime,
    now: datetime,
    number: int,
) -> None:
    """Add deals of hours up to the clock and behind it, and disturb old rows in most ticks."""
    hours = max(1, min(6, (now - before) // HOUR))
    for _ in range(hours if number else 0):
        back = chance.randrange(int((now - before) / HOUR) + 1)
        hour = (now - back * HOUR).replace(minute=0)
        append_hour(source, hour, chance.randrange(1, 30), seed=chance.randrange(10_000))
    if chance.random() < 0.7:
        mutate(source, chance.randrange(10_000), late=12, changed=12, deleted=6)
        mutate_registers(source, chance.randrange(10_000))
    source.execute("refresh materialized view unique_providers")


def _store_again(source: psycopg.Connection[Any], day: datetime, *, into: datetime) -> None:
    """Add deals of the same pairs and pieces as some of a day, half smaller, at unused ids."""
    source.execute(
        """
        with stored as (
            select row_number() over (order by id) as number, *
            from unified_verified_deal
            where "pieceCid" is not null and "clientId" is not null and "providerId" is not null
                and timestamptz '2020-08-24 22:00Z' + "termStart" * interval '30 seconds'
                    between %(day)s and %(day)s + interval '1 day'
            order by id limit 4
        ),
        unused as (
            select row_number() over (order by id) as number, id
            from generate_series(1, (select max(id) from unified_verified_deal)) id
            where id not in (select id from unified_verified_deal)
        )
        insert into unified_verified_deal ("id", "dealId", "clientId", "providerId", "sectorId",
            "pieceCid", "pieceSize", "termStart", "type", "createdAt", "removed")
        select
            u.id, s."dealId", s."clientId", s."providerId", s."sectorId",
            s."pieceCid", s."pieceSize" / (1 + number %% 2),
            floor(extract(epoch from %(into)s - timestamptz '2020-08-24 22:00Z') / 30), s."type",
            %(into)s, s."removed"
        from stored s
        join unused u using (number)
        """,
        {"into": into, "day": day},
    )


def _counted_today(pipeline: Pipeline, now: datetime) -> Days:
    """Return what is counted on the day of the clock, as it is now."""
    day = stored(now.year, now.month, now.day)
    return _days(pipeline, {(table, day): [] for table in OF_THE_DAY})


def _days(pipeline: Pipeline, days: Days) -> Days:
    """Return the rows that tables have of days."""
    with pipeline.warehouse.connect() as connection:
        return {(table, day): day_of(connection, table, day) for table, day in days}


def _different(ours: Content, theirs: Content) -> dict[str, list[Any]]:
    """Return of each table that differs some rows that only one side has."""
    return {
        table: [*(set(rows) - set(theirs[table])), *(set(theirs[table]) - set(rows))][:4]
        for table, rows in ours.items()
        if rows != theirs[table]
    }


def _rebuild(pipeline: Pipeline, dsn: str, definitions: dg.Definitions, now: datetime) -> Pipeline:
    """Make everything anew from the same source and the same kept answers, at once."""
    rebuilt = Pipeline.over(pipeline.dmob, dsn)
    kept = ", ".join(_KEPT_COLUMNS)  # all but the id, which the rebuilt table gives anew
    with (
        pipeline.warehouse.connect() as old,
        rebuilt.warehouse.connect() as new,
        old.cursor() as reader,
        new.cursor() as writer,
        reader.copy(f"copy raw_url_finder.responses ({kept}) to stdout") as rows,
        writer.copy(f"copy raw_url_finder.responses ({kept}) from stdin") as sink,
    ):
        for chunk in rows:
            sink.write(chunk)
    rebuilt.at(now).sync()
    rebuilt.refresh(definitions)
    return rebuilt


def _rates(pipeline: Pipeline) -> dict[Any, Any]:
    with pipeline.warehouse.connect() as connection:
        rows = connection.execute(
            "select day, provider, retrievability_percent / 100 "
            "from raw_url_finder.provider_retrievability"
        ).fetchall()
    return {(day, provider): rate for day, provider, rate in rows}


def _cut(
    start: datetime, end: datetime, chance: random.Random, pieces: int
) -> list[tuple[datetime, datetime]]:
    """Cut a span of hours into pieces, some of one hour, in shuffled order."""
    hours = (end - start) // HOUR
    borders = sorted({0, hours, *(chance.randrange(1, hours) for _ in range(pieces - 4))})
    borders = sorted({*borders, *(min(hours, border + 1) for border in borders[1:5])})
    parts = [
        (start + low * HOUR, start + high * HOUR)
        for low, high in zip(borders, borders[1:], strict=False)
    ]
    chance.shuffle(parts)
    return parts
