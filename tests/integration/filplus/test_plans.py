"""What a tick reads is bounded: models and checks reach their window through an index (U-21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import HOURLY, WEEKLY
from cdp_assets.filplus.deals import piece_tables
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.database import DmobScale
from tests.conftest import fresh_database
from tests.integration.conftest import make_source
from tests.integration.filplus.pipeline import WEEKS_OF_DEALS, Pipeline

pytestmark = pytest.mark.integration

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
MONDAY = datetime(2024, 5, 6, tzinfo=UTC)
NOW = MONDAY + 3 * HOUR + timedelta(minutes=5)
SCALE = DmobScale(
    deals=60_000,
    clients=60,
    providers=50,
    allocators=8,
    start=datetime(2024, 3, 1, tzinfo=UTC),
    end=NOW,
    seed=5,
    pairs=300,
)


@pytest.fixture(scope="module")
def source(server: EmbeddedServer) -> str:
    """Name of a database of two months that nobody is connected to."""
    return make_source(server, "plans_dmob", SCALE)


@pytest.fixture
def landed(server: EmbeddedServer, source: str, ready_dsn: str) -> Iterator[Pipeline]:
    """Two months of deals, landed at once, with the late and early rows of the real source.

    Vacuumed, as autovacuum does within a minute: until then the index has no summary.
    """
    for dsn in fresh_database(server, source):
        pipeline = Pipeline.over(dsn, ready_dsn).at(NOW)
        pipeline.sync()
        with psycopg.connect(ready_dsn, autocommit=True) as connection:
            connection.execute("vacuum raw_dmob.unified_verified_deal")
        yield pipeline


def test_the_first_landing_lies_in_the_order_of_ids_but_for_full_pages(landed: Pipeline) -> None:
    """A join in the load once gave the rows back in the order of a hash table."""
    with landed.warehouse.connect() as connection:
        row = connection.execute(
            "select count(*) filter (where id < before), count(*) from "
            "(select id, lag(id, 1, 0::bigint) over (order by ctid) as before "
            "from raw_dmob.unified_verified_deal) r"
        ).fetchone()
    assert row is not None
    assert row[1] > 59_000
    assert row[0] < row[1] / 100  # a wide row goes to the next page while the last still has room


def test_an_hour_of_deals_is_read_through_the_index_on_time_alone(landed: Pipeline) -> None:
    with landed.warehouse.connect() as connection:
        connection.execute("set enable_seqscan = off")
        hour = MONDAY.replace(tzinfo=None) + 2 * HOUR
        ((plan,),) = connection.execute(
            "explain (analyze, format json) select count(*) from raw_dmob.unified_verified_deal "
            "where started_at >= %s and started_at < %s",
            [hour, hour + HOUR],
        ).fetchall()
        ((pages,),) = connection.execute(
            "select pg_relation_size('raw_dmob.unified_verified_deal') / 8192"
        ).fetchall()
    nodes = list(_nodes(plan[0]["Plan"]))
    assert {n.get("Index Name") for n in nodes} - {None} == {"unified_verified_deal_by_start"}
    (heap,) = (n for n in nodes if n["Node Type"] == "Bitmap Heap Scan")
    assert heap["Actual Rows"] > 5
    # Rows come up to three days early: the newest hour lies in the last of 66 days of pages.
    assert heap["Lossy Heap Blocks"] < 0.25 * pages


def test_every_model_and_check_can_reach_its_window_by_an_index(
    landed: Pipeline, definitions: dg.Definitions
) -> None:
    landed.build(HOURLY, datetime(2024, 2, 19, tzinfo=UTC), MONDAY + 4 * HOUR)
    landed.build(WEEKLY, datetime(2024, 2, 19, tzinfo=UTC), MONDAY + WEEK)
    results = landed.build(HOURLY, MONDAY, MONDAY + HOUR)
    results += landed.build(WEEKLY, MONDAY, MONDAY + WEEK)
    assert len(results) > 20
    with landed.warehouse.connect() as connection:
        connection.execute("set enable_seqscan = off")
        scanned = {
            result.unique_id: sorted(_scanned(connection, result.compiled or ""))
            for result in results
        }
    # The sync compares grants in full anyway; balances of before the programme never grow.
    small = {"verified_client_allowance", "old_datacap_client_balance_nv22"}
    assert {name: tables for name, tables in scanned.items() if set(tables) - small} == {}


def test_walks_over_providers_and_clients_never_read_the_table_that_they_step_through(
    landed: Pipeline,
) -> None:
    """What is named once and read twice would be kept whole, and every step would read it."""
    landed.build(HOURLY, datetime(2024, 2, 19, tzinfo=UTC), MONDAY + 4 * HOUR)
    results = landed.build_whole(("client", "provider_first_client"))
    results += landed.build(("clients_stats_daily",), MONDAY, MONDAY + 24 * HOUR)
    walks = ("provider_first_client", "clients_stats_daily")
    compiled = {r.unique_id.rsplit(".", 1)[-1]: r.compiled or "" for r in results}
    with landed.warehouse.connect() as connection:
        kept = {name: _kept(connection, compiled[name]) for name in walks}
    assert "hourly" not in kept["provider_first_client"]
    assert "events" not in kept["clients_stats_daily"]
    assert all(names for names in kept.values())  # the walks themselves


def test_touched_pieces_are_reached_by_key_and_starts_by_time(landed: Pipeline) -> None:
    landed.build(HOURLY, datetime(2024, 2, 19, tzinfo=UTC), MONDAY + 4 * HOUR)
    landed.build(WEEKS_OF_DEALS, datetime(2024, 2, 19, tzinfo=UTC), MONDAY + WEEK)
    landed.move_pieces()
    clock = NOW.replace(tzinfo=None)
    values = {"since": clock - HOUR, "as_of": clock, "week": MONDAY.replace(tzinfo=None)}
    with landed.warehouse.connect() as connection:
        connection.execute(
            "insert into raw_dmob.changed_pieces select 1, client_id, coalesce(piece_id, 0) "
            "from raw_dmob.unified_verified_deal where id % 1000 = 0 and client_id is not null"
        )
        connection.execute(piece_tables._CHANGED, values)
        ((changed,),) = connection.execute("select count(*) from changed").fetchall()
        connection.execute(
            "analyze changed; create temp table moved as "
            "select *, 1::bigint as old_total, 1::bigint as new_total from changed"
        )
        connection.execute(piece_tables._SHARED)
        scanned = _scanned(connection, piece_tables._SHARE, {"sign": 1})
        connection.execute("drop table moved")
        scanned |= _scanned(connection, piece_tables._MOVED, values)
        connection.execute("set enable_seqscan = off")
        connection.execute("alter table changed rename to changed_before")
        scanned |= _scanned(connection, piece_tables._CHANGED, values)
    assert changed > 50
    assert scanned <= {"changed", "moved", "changed_pieces"}


def _scanned(
    connection: psycopg.Connection[Any], query: str, values: dict[str, Any] | None = None
) -> set[str]:
    """Return the tables that a query reads whole although sequential scans are dear to it."""
    ((plan,),) = connection.execute(f"explain (format json) {query}", values).fetchall()
    return {
        node["Relation Name"]
        for node in _nodes(plan[0]["Plan"])
        if node["Node Type"].endswith("Seq Scan")
    }


def _kept(connection: psycopg.Connection[Any], query: str) -> set[str]:
    """Return the names of a query whose rows are kept for those who read them."""
    ((plan,),) = connection.execute(f"explain (format json) {query}").fetchall()
    return {n["CTE Name"] for n in _nodes(plan[0]["Plan"]) if n["Node Type"] == "CTE Scan"}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
