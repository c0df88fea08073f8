"""What was just written has statistics before anybody reads it; what hardly changed waits."""

from __future__ import annotations

from contextlib import AbstractContextManager

import psycopg
import pytest

from resources.postgres.ops_status import RunRecord, record_run
from resources.postgres.warehouse import Warehouse, analyze_outgrown

pytestmark = pytest.mark.integration

HOURS = "ops.changed_hours"
_FILL = (
    "insert into ops.changed_hours (asset_key, hour, version) select %s, g, 1 from "
    "generate_series(timestamptz '2024-01-01Z', '2026-12-31Z', interval '1 hour') g"
)


@pytest.fixture
def warehouse(warehouse_dsn: str) -> Warehouse:
    """A warehouse in which no table is analyzed by itself."""
    with psycopg.connect(warehouse_dsn, autocommit=True) as owner:
        for (table,) in owner.execute(
            "select oid::regclass::text from pg_class where relkind = 'r' and oid >= 16384"
        ).fetchall():
            owner.execute(f"alter table {table} set (autovacuum_enabled = off)")
    return Warehouse(url=warehouse_dsn)


def known_rows(connection: psycopg.Connection, table: str = HOURS) -> int:
    """Return how many rows the planner believes a table to have; -1 before it was analyzed."""
    row = connection.execute(
        "select reltuples from pg_class where oid = %s::regclass", [table]
    ).fetchone()
    assert row is not None
    return int(row[0])


def statistics(connection: psycopg.Connection, table: str = HOURS) -> int:
    """Return how many columns have statistics."""
    row = connection.execute(
        "select count(*) from pg_stats where format('%%I.%%I', schemaname, tablename) = %s", [table]
    ).fetchone()
    assert row is not None
    return int(row[0])


def fill_and_fail(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        connection.execute(_FILL, ["a"])
    raise ZeroDivisionError


def run(warehouse: Warehouse, number: int) -> AbstractContextManager[RunRecord]:
    return record_run(
        warehouse,
        run_id=f"run {number}",
        asset_keys=["raw_dmob/unified_verified_deal"],
        partition_keys=[""],
        window=None,
        launched_by="test",
    )


def test_what_a_run_filled_has_statistics_when_it_ends(warehouse: Warehouse) -> None:
    with run(warehouse, 1), warehouse.connect() as connection:
        connection.execute(_FILL, ["a"])
    with psycopg.connect(warehouse.url) as reader:
        assert known_rows(reader) == 26_281
        assert statistics(reader) == 4


def test_what_a_failed_run_filled_has_statistics_too(warehouse: Warehouse) -> None:
    with pytest.raises(ZeroDivisionError), run(warehouse, 1):
        fill_and_fail(warehouse)
    with psycopg.connect(warehouse.url) as reader:
        assert known_rows(reader) == 26_281


def test_what_a_killed_run_filled_has_statistics_before_the_next_one_works(
    warehouse: Warehouse,
) -> None:
    with warehouse.connect() as connection:
        connection.execute(_FILL, ["a"])
    with run(warehouse, 2), psycopg.connect(warehouse.url) as reader:
        assert known_rows(reader) == 26_281


def test_a_writer_reads_its_own_rows_with_statistics_though_it_is_no_owner(
    warehouse: Warehouse,
) -> None:
    notices: list[str] = []
    with warehouse.connect() as connection, connection.cursor() as cursor:
        connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
        assert cursor.execute("select current_user").fetchone() == ("cdp_writer",)
        cursor.execute(_FILL, ["a"])
        cursor.execute("create temp table few on commit drop as select 1 as one")
        cursor.execute(
            "create temp table many on commit drop as select generate_series(1, 30000) as number"
        )
        analyze_outgrown(cursor, HOURS, "few", "many")
        assert [known_rows(connection, name) for name in (HOURS, "few", "many")] == [
            26_281,
            -1,
            30_000,
        ]
    assert notices == []


def test_little_that_changed_costs_no_analyze_and_a_fifth_does(warehouse: Warehouse) -> None:
    with warehouse.connect(autocommit=True) as connection:
        connection.execute(_FILL, ["a"])
        first = "select ops.analyze_outgrown_tables()::text"
        assert connection.execute(first).fetchall() == [(HOURS,)]
        assert connection.execute(first).fetchall() == []
        connection.execute(_FILL + " limit 2000", ["b"])
        assert connection.execute(first).fetchall() == []
        connection.execute(_FILL + " limit 6000", ["c"])
        assert connection.execute(first).fetchall() == [(HOURS,)]


def test_a_table_that_another_session_writes_is_left_to_it(warehouse: Warehouse) -> None:
    every = "select ops.analyze_outgrown_tables()::text"
    with warehouse.connect(autocommit=True) as reader, warehouse.connect() as writer:
        writer.execute(_FILL, ["a"])
        assert reader.execute(every).fetchall() == []
        writer.commit()
        assert reader.execute(every).fetchall() == [(HOURS,)]
        assert known_rows(reader) == 26_281


def test_a_partitioned_table_is_analyzed_with_its_partitions(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as owner:
        owner.execute("set role cdp_owner")
        owner.execute(
            "create table ops.parts (part integer, number integer) partition by list (part)"
        )
        owner.execute("create table ops.part_1 partition of ops.parts for values in (1)")
        owner.execute("insert into ops.parts select 1, g from generate_series(1, 30000) g")
        found = owner.execute("select ops.analyze_outgrown_tables()::text").fetchall()
        assert found == [("ops.part_1",)]
        assert known_rows(owner, "ops.parts") == 30_000
        assert owner.execute("select ops.analyze_outgrown('ops.parts')").fetchone() == (False,)


def test_readers_may_not_analyze(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute("set role analyst")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select ops.analyze_stored('ops.runs')")
