"""Real recorded deals and allowances with their real dirt, from the source rows to the tables.

The rows lie beside the repository (fixture ``shared_data``); only figures about them stand here.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bench.deal_tables import HOURLY, OF_THE_DAY, SNAPSHOTS, WEEKLY
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.deals.client_provider_totals_asset import refresh_totals
from tests.integration.filplus.dmob.conftest import SCHEMA, Landing
from tests.integration.filplus.formulas import rows_of_both
from tests.integration.filplus.pipeline import Pipeline, Rate
from tests.integration.filplus.reference import Rates, expected, in_order

pytestmark = pytest.mark.integration

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
FIRST = datetime(2024, 2, 19, tzinfo=UTC)
NOW = datetime(2025, 11, 7, 12, tzinfo=UTC)  # four days after the newest started deal
THIS_WEEK = datetime(2025, 11, 3, tzinfo=UTC)
SENTINEL = "4294967295"
FILES = {
    "unified_verified_deal": "deals/unified_verified_deal_one_per_provider.csv.gz",
    "verifier": "dmob/verifier_2026-03-01.csv.gz",
    "verifier_allowance": "dmob/verifier_allowance_2026-03-01.csv.gz",
    "verified_client": "dmob/verified_client_2025-03-01_74_notaries.csv.gz",
    "verified_client_allowance": "dmob/verified_client_allowance_2025-03-01_74_notaries.csv.gz",
}
DAILY = "provider_url_finder_retrievability_daily"
Recorded = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> Recorded:
    """The rows of the files by relation, as text; an empty text is null."""
    rows: Recorded = {}
    for relation, file in FILES.items():
        with gzip.open(shared_data / "filecoin" / file, "rt", encoding="utf-8") as lines:
            rows[relation] = list(csv.DictReader(lines))
    return rows


@pytest.fixture
def real_dmob(empty_dsn: str, recorded: Recorded) -> str:
    """Address of a source that holds the recorded rows, its view filled."""
    with psycopg.connect(empty_dsn) as connection:
        connection.execute(SCHEMA)
        for relation, rows in recorded.items():
            _load(connection, relation, rows)
        connection.execute("refresh materialized view unique_providers")
    return empty_dsn


@pytest.fixture
def landing(real_dmob: str, warehouse_dsn: str) -> Iterator[Landing]:
    """The real source and an empty landing."""
    with (
        psycopg.connect(real_dmob, autocommit=True) as source,
        psycopg.connect(warehouse_dsn, autocommit=True) as warehouse,
    ):
        yield Landing(source, real_dmob, warehouse, warehouse_dsn)


def test_every_recorded_row_lands_with_its_dirt(landing: Landing, recorded: Recorded) -> None:
    reports = landing.sync()
    assert {name: reports[name].row_count for name in FILES} == {
        "unified_verified_deal": 2_340,
        "verifier": 386,
        "verifier_allowance": 884,
        "verified_client": 2_395,
        "verified_client_allowance": 3_360,
    }
    assert reports["unique_providers"].row_count == 2_340
    landing.assert_equal()
    assert landing.landed(
        """
        select count(*) filter (where term_start is null),
            count(*) filter (where term_start = 4294967295),
            count(*) filter (where started_at is null), count(*) filter (where sector_id = 'null'),
            count(*) filter (where sector_id is null), count(distinct type),
            count(*) filter (where slashed_epoch <> 0), count(_unparsed)
        from raw_dmob.unified_verified_deal
        """
    ) == [(102, 110, 212, 222, 39, 7, 74, 0)]
    types = Counter(row["type"] for row in recorded["unified_verified_deal"])
    assert types == dict(
        landing.landed("select type, count(*) from raw_dmob.unified_verified_deal group by 1")
    )


def test_deals_without_a_start_are_counted_with_samples(
    landing: Landing, recorded: Recorded
) -> None:
    report = landing.sync()["unified_verified_deal"]
    without_start = sorted(
        int(row["id"])
        for row in recorded["unified_verified_deal"]
        if row["termStart"] in ("", SENTINEL)
    )
    assert (report.unattributable, len(without_start)) == (102 + 110, 212)
    assert report.unattributable_samples == without_start[:5]


def test_sums_of_bytes_are_exact_and_removals_stay_negative(
    landing: Landing, recorded: Recorded
) -> None:
    landing.sync()
    for relation, column, landed in (
        ("unified_verified_deal", "pieceSize", "piece_size"),
        ("verifier", "initialAllowance", "initial_allowance"),
        ("verifier", "allowance", "allowance"),
        ("verifier_allowance", "allowance", "allowance"),
        ("verified_client", "allowance", "allowance"),
        ("verified_client_allowance", "allowance", "allowance"),
    ):
        exact = sum(int(row[column]) for row in recorded[relation] if row[column])
        assert landing.landed(f"select sum({landed}) from raw_dmob.{relation}") == [(exact,)]
    removals = {
        int(row["id"]): int(row["allowance"])
        for row in recorded["verifier_allowance"]
        if row["allowance"].startswith("-")
    }
    assert len(removals) == 175
    assert removals == dict(
        landing.landed("select id, allowance from raw_dmob.verifier_allowance where allowance < 0")
    )


def test_a_second_sync_changes_nothing_and_a_sweep_finds_a_changed_and_a_deleted_row(
    landing: Landing,
) -> None:
    first = landing.sync()
    landing.changed_hours()
    second = landing.sync()
    assert {name: report.is_changed for name, report in second.items()} == dict.fromkeys(
        first, False
    )
    assert {n: r.version for n, r in second.items()} == {n: r.version for n, r in first.items()}
    assert landing.changed_hours() == []
    hours = _change_and_delete(landing.source)
    third = landing.sync()["unified_verified_deal"]
    assert (third.rows_written, third.rows_deleted, third.row_count) == (1, 1, 2_339)
    assert sorted(landing.changed_hours()) == hours
    landing.assert_equal()


def test_the_tables_are_those_of_the_plain_formulas_over_the_source(
    real_dmob: str, ready_dsn: str
) -> None:
    pipeline = Pipeline.over(real_dmob, ready_dsn).at(NOW)
    pipeline.sync()
    with psycopg.connect(real_dmob, autocommit=True) as source:
        rates = _rates_of_some_providers(source)
        _land_rates(pipeline, rates)
        _build(pipeline, HOURLY, FIRST, NOW + HOUR)
        _build(pipeline, WEEKLY, FIRST, THIS_WEEK + WEEK)
        plain = _assert_plain(pipeline, source, rates)
        assert len(plain["unified_verified_deal_hourly"]) > 500
        assert {row[-2] for row in plain["providers_weekly"]} == {0.0, 0.125, 0.875}
        first, last = _change_and_delete(source)
        pipeline.sync()
        for hour in (first, last):
            _build(pipeline, HOURLY, hour, hour + HOUR)
        monday = (first - timedelta(days=first.weekday())).replace(hour=0)
        _build(pipeline, WEEKLY, monday, THIS_WEEK + WEEK)
        assert _assert_plain(pipeline, source, rates) != plain


def test_tables_of_grants_and_entities_are_those_of_the_plain_formulas_too(
    real_dmob: str, ready_dsn: str
) -> None:
    pipeline = Pipeline.over(real_dmob, ready_dsn).at(NOW)
    pipeline.sync()
    _build(pipeline, HOURLY, FIRST, NOW + HOUR)
    refresh_totals(DirectRun("real"), pipeline.warehouse)
    assert [r.message for r in pipeline.build_whole(SNAPSHOTS) if not r.is_good] == []
    _build(pipeline, WEEKLY, FIRST, THIS_WEEK + WEEK)
    pipeline.move_pieces()
    _build(pipeline, OF_THE_DAY, NOW - 12 * HOUR, NOW + 12 * HOUR)
    tables = rows_of_both(pipeline, NOW)
    assert {t: len(ours) for t, (ours, _) in tables.items() if t in SNAPSHOTS} == {
        table: len(plain) for table, (_, plain) in tables.items() if table in SNAPSHOTS
    }
    assert {t: ours for t, (ours, _) in tables.items()} == {
        table: plain for table, (_, plain) in tables.items()
    }
    assert len(tables["client_datacap_allocation"][0]) > 100
    assert len(tables["old_datacap_client_balance_weekly"][0]) > 500
    assert len(tables["provider"][0]) > 2_000


def _load(connection: psycopg.Connection[Any], relation: str, rows: list[dict[str, str]]) -> None:
    """Copy rows by column name. What the source lacks, and JSON that nobody reads, is left out."""
    of_the_source = connection.execute(
        "select column_name, is_nullable = 'NO' and data_type = 'character varying' "
        "from information_schema.columns where table_name = %s and data_type <> 'jsonb'",
        [relation],
    ).fetchall()
    is_never_null = {name: never for name, never in of_the_source if name in rows[0]}
    query = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(relation), sql.SQL(", ").join(map(sql.Identifier, is_never_null))
    )
    with connection.cursor() as cursor, cursor.copy(query) as sink:
        for row in rows:
            sink.write_row(
                [row[name] if row[name] or never else None for name, never in is_never_null.items()]
            )


def _change_and_delete(source: psycopg.Connection[Any]) -> list[datetime]:
    """Change the size of one deal and delete another; return their hours, ascending."""
    started = source.execute(
        """
        select "id", date_trunc('hour', to_timestamp(30 * "termStart" + 1598306400), 'UTC')
        from unified_verified_deal
        where "termStart" between 3698160 and 4294967294 order by "termStart", "id"
        """
    ).fetchall()
    (changed, first), (deleted, last) = started[-200], started[-100]
    assert first < last
    source.execute(
        'update unified_verified_deal set "pieceSize" = "pieceSize" * 2 where "id" = %s', [changed]
    )
    source.execute('delete from unified_verified_deal where "id" = %s', [deleted])
    return [first.astimezone(UTC), last.astimezone(UTC)]


def _rates_of_some_providers(source: psycopg.Connection[Any]) -> list[Rate]:
    """Return rates in weeks of deals: the last day of a week counts, also when it is null."""
    deals = source.execute(
        """
        select 'f0' || "providerId",
            date_trunc('week', to_timestamp(30 * "termStart" + 1598306400), 'UTC')
        from unified_verified_deal
        where "termStart" between 3698160 and 4294967294 order by "termStart" desc limit 30
        """
    ).fetchall()
    rates: list[Rate] = []
    last = (Decimal("0.125"), Decimal("0.875"), None)
    for number, (provider, week) in enumerate(deals):
        monday: date = week.astimezone(UTC).date()
        rates.append((monday, provider, Decimal("0.5")))
        rates.append((monday + 2 * DAY, provider, last[number % 3]))
    return rates


def _land_rates(pipeline: Pipeline, rates: list[Rate]) -> None:
    pipeline.keep_rates(rates)
    days = sorted({day for day, _, _ in rates})
    pipeline.land_days([day.isoformat() for day in days])
    start = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC)
    _build(pipeline, (DAILY,), start, start + (days[-1] - days[0]) + DAY)


def _build(pipeline: Pipeline, models: tuple[str, ...], start: datetime, end: datetime) -> None:
    results = pipeline.build(models, start, end)
    assert [(r.unique_id, r.message) for r in results if not r.is_good] == []


def _assert_plain(
    pipeline: Pipeline, source: psycopg.Connection[Any], rates: list[Rate]
) -> dict[str, Any]:
    """Compare every row of the seven tables with the formulas of compliance §3; return them."""
    observed: Rates = {(day, provider): rate for day, provider, rate in rates}
    plain = expected(source, NOW, observed)
    assert {mart: in_order(pipeline.rows(mart)) for mart in plain} == plain
    return plain
