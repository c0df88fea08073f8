"""A start of partitions after that of the programme changes no figure, only which weeks there are.

Belongs here: the same tables from a later Monday on. Does not: whether a partition is due
(``test_staleness``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bench.deal_tables import PARTITIONED_BY
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.database import DmobScale
from simulator.dmob.worked_example import NOW
from tests.conftest import fresh_database
from tests.integration.conftest import make_source
from tests.integration.filplus.deals.test_plain_formulas import EDGES
from tests.integration.filplus.deals.test_worked_example import EXPECTED, RATES
from tests.integration.filplus.formulas import rows_of_both
from tests.integration.filplus.pipeline import Pipeline

pytestmark = pytest.mark.integration

WEEK = timedelta(days=7)
END = datetime(2024, 3, 28, 15, 20, tzinfo=UTC)
SMALL = DmobScale(
    deals=3_000,
    clients=30,
    providers=25,
    allocators=8,
    start=datetime(2024, 2, 27, tzinfo=UTC),
    end=END,
    seed=31,
    pairs=120,
)


@pytest.fixture(scope="module")
def source_name(server: EmbeddedServer) -> str:
    """Name of a small source with the rows on every border."""
    name = make_source(server, "moved_start_dmob", SMALL)
    with psycopg.connect(server.dsn(name), autocommit=True) as source:
        source.execute(EDGES.read_text(encoding="utf-8"))
        source.execute("refresh materialized view unique_providers")
    return name


@pytest.fixture
def pipeline(server: EmbeddedServer, source_name: str, ready_dsn: str) -> Iterator[Pipeline]:
    """That source and a fresh warehouse."""
    for dsn in fresh_database(server, source_name):
        yield Pipeline.over(dsn, ready_dsn)


def _from(start: datetime, table: str, rows: list[Any]) -> list[Any]:
    """Return the rows of the weeks or days that there are; hours are there from the programme on.

    Of the days those of no observation are left out, too.
    """
    if PARTITIONED_BY.get(table, "date" if table.endswith("_daily") else "hour") == "hour":
        return rows
    first = start.replace(tzinfo=None)
    return [row for row in rows if next(v for v in row if isinstance(v, datetime)) >= first]


@pytest.mark.parametrize("start", ["2024-03-04", "2024-03-11"])
def test_the_worked_example_has_the_same_rows_from_a_later_monday_on(
    worked_example: Pipeline, nobody_known: str, start: str
) -> None:
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    worked_example.keep_rates(RATES)
    worked_example.at(NOW).sync()
    worked_example.land_days([f"2024-03-{day:02}" for day in range(first.day, 16)])
    worked_example.make_from(first)
    expected = {table: _from(first, table, rows) for table, rows in EXPECTED.items()}
    assert {table: worked_example.rows(table) for table in expected} == expected
    assert len(expected["old_datacap_client_balance_weekly"]) == (NOW - first) // WEEK + 1


def test_every_table_equals_its_plain_formula_from_the_first_week_on(pipeline: Pipeline) -> None:
    first = datetime(2024, 3, 11, tzinfo=UTC)
    pipeline.at(END).sync()
    pipeline.make_from(first)
    tables = rows_of_both(pipeline, END)
    different = {
        table: [row for row in _from(first, table, plain) if row not in ours][:3]
        for table, (ours, plain) in tables.items()
        if ours != _from(first, table, plain)
    }
    assert different == {}
    assert len(tables["old_datacap_client_balance_weekly"][0]) > 10
    hours = [row[0] for row in tables["unified_verified_deal_hourly"][0]]
    assert sum(hour < first.replace(tzinfo=None) for hour in hours) > 100


def test_made_week_by_week_it_is_the_same(pipeline: Pipeline) -> None:
    """Each later week builds on what the first partition holds."""
    first = datetime(2024, 3, 11, tzinfo=UTC)
    pipeline.at(END).sync()
    pipeline.make_from(first)
    at_once = pipeline.content()
    for number in (1, 2):
        pipeline.make_weeks(first, first + number * WEEK)
    assert pipeline.content() == at_once
