"""Migrations: the same catalogue on Postgres 15 and 18, up and down, idempotent, least rights."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from cdp_assets.stack.migrate import migrate_warehouse, undo_migrations
from resources.postgres import migrator, schema_objects
from tests.integration.catalogue import catalogue
from tests.integration.postgres_15 import postgres_15

pytestmark = pytest.mark.integration
RELEASES = Path(__file__).parents[2] / "released_schemas"  # pg_dump of each, by newest migration


def test_postgres_15_and_18_get_the_same_catalogue(shared_ready_dsn: str) -> None:
    with postgres_15() as old:
        migrate_warehouse(old)
        there = catalogue(old)
    here = catalogue(shared_ready_dsn)
    assert here.keys() == there.keys()
    for name, rows in here.items():
        assert rows, name
        assert rows == there[name], name


def test_a_second_migration_finds_nothing_to_do(ready_dsn: str) -> None:
    before = catalogue(ready_dsn)
    assert migrate_warehouse(ready_dsn) == []
    assert catalogue(ready_dsn) == before


def test_every_migration_goes_down_and_up_again(empty_dsn: str) -> None:
    migrator.migrate(empty_dsn)
    whole = catalogue(empty_dsn)
    numbers = [migration.revision for migration in migrator.status(empty_dsn)]
    undone = migrator.migrate_down(empty_dsn, len(numbers))
    assert [migration.revision for migration in undone] == numbers[::-1]
    assert not any(migration.is_applied for migration in migrator.status(empty_dsn))
    assert migrator.migrate(empty_dsn) == numbers
    assert catalogue(empty_dsn) == whole


def test_an_hourly_table_made_before_its_index_gets_it_once(ready_dsn: str) -> None:
    found = (
        "select indexname from pg_indexes where schemaname = 'filplus' "
        "and tablename = 'client_claims_hourly' and indexdef like '%(client, hour)'"
    )
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        ((by_dbt,),) = connection.execute(found).fetchall()
        connection.execute(f'drop index filplus."{by_dbt}"'.encode())
        since = [m.revision for m in migrator.status(ready_dsn) if m.revision >= "0014"]
        for expected in ([("client_claims_hourly_first_hour",)], [(by_dbt,)]):
            migrator.migrate_down(ready_dsn, len(since))
            if expected == [(by_dbt,)]:
                made = f'create index "{by_dbt}" on filplus.client_claims_hourly (client, hour)'
                connection.execute(made.encode())
            assert migrator.migrate(ready_dsn) == since
            assert connection.execute(found).fetchall() == expected


def test_no_column_that_people_read_lacks_its_comment(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        rows = connection.execute(
            """
            select c.oid::regclass, a.attname
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace::regnamespace::text in
                    ('filplus', 'intermediate', 'api_v1', 'ops')
                and c.relkind in ('r', 'p', 'v', 'm') and col_description(c.oid, a.attnum) is null
            """
        ).fetchall()
        bare = connection.execute(
            """
            select c.oid::regclass
            from pg_class c
            where c.relnamespace::regnamespace::text in ('api_v1', 'ops')
                and c.relkind in ('r', 'p', 'v', 'm') and obj_description(c.oid) is null
            """
        ).fetchall()
        shared = connection.execute(
            "select col_description('ops.open_alerts'::regclass, attnum) from pg_attribute "
            "where attrelid = 'ops.open_alerts'::regclass and attname = 'closed_at' "
            "or attrelid = 'ops.open_alerts'::regclass and attname = 'failures'"
        ).fetchall()
    assert rows == []
    assert bare == []
    assert shared == [("Failures without a success between them",)]


def test_an_analysts_own_view_survives_a_changed_project(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute("create schema mine")
        connection.execute(
            "create view mine.totals as select provider, total_deal_size "
            "from filplus.providers_weekly"
        )
        connection.execute("create view mine.seen as select week from api_v1.providers_weekly")
        connection.execute("update ops.dbt_project set fingerprint = 'of an older project'")
    assert migrate_warehouse(ready_dsn)
    with psycopg.connect(ready_dsn) as connection:
        assert connection.execute("select count(*) from mine.totals").fetchone() == (0,)
        assert connection.execute("select count(*) from mine.seen").fetchone() == (0,)


def test_a_model_that_no_longer_fits_its_table_is_a_named_error(ready_dsn: str) -> None:
    from cdp_assets.errors import PermanentFailure

    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute(
            "alter table filplus.providers_weekly drop column num_of_clients cascade"
        )
        connection.execute("update ops.dbt_project set fingerprint = 'of an older project'")
    with pytest.raises(PermanentFailure, match="providers_weekly") as caught:
        migrate_warehouse(ready_dsn)
    assert "numbered migration" in str(caught.value)


@pytest.mark.parametrize("role", ["api_ro", "analyst"])
def test_a_reader_cannot_write_nor_look_behind_the_views(ready_dsn: str, role: str) -> None:
    migrator.create_roles(ready_dsn, print)  # rights on a database do not come with its copy
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute(f"set role {role}")
        connection.execute("set default_transaction_read_only = off")
        assert connection.execute("select count(*) from api_v1.providers_weekly").fetchone() == (0,)
        for statement in (
            "delete from filplus.providers_weekly",
            "insert into api_v1.providers_weekly (provider) values ('f01')",
            "create temporary table t ()",
            "select * from raw_dmob.unified_verified_deal",
            "select * from staging.staging_payloads",
            "select * from intermediate.client_provider_piece_weekly",
            "update ops.asset_version set version = 9",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_run_cannot_change_a_table_only_its_rows(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute("set role cdp_writer")
        connection.execute("delete from filplus.providers_weekly")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("alter table filplus.providers_weekly add column x int")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("drop table filplus.providers_weekly")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from validators.canonical_validator_fees")


def test_a_column_or_index_changed_by_hand_is_named_until_it_is_as_it_was(ready_dsn: str) -> None:
    assert schema_objects.changed_by_hand(ready_dsn) == []
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        ((index, statement),) = connection.execute(
            "select 'ops.' || indexname, indexdef from pg_indexes where indexname = 'alerts_open'"
        ).fetchall()
        connection.execute("alter table ops.alerts alter column message drop not null")
        connection.execute("alter table ops.runs add column nickname text default 'x'")
        connection.execute("create index by_hand on ops.runs (nickname)")
        connection.execute("drop index ops.alerts_open")
        connection.execute("create schema mine")
        connection.execute("create table mine.notes (note text)")
        named = [
            "column ops.alerts.message was changed by hand: it is text, "
            "the migrations left text not null",
            "column ops.runs.nickname was added by hand: text default 'x'::text",
            f"index {index} was dropped by hand: {statement}",
            "index ops.by_hand was added by hand: "
            "CREATE INDEX by_hand ON ops.runs USING btree (nickname)",
        ]
        assert schema_objects.changed_by_hand(ready_dsn) == named
        connection.execute("update ops.dbt_project set fingerprint = 'of an older project'")
        migrate_warehouse(ready_dsn)
        assert schema_objects.changed_by_hand(ready_dsn) == named
        connection.execute("alter table ops.alerts alter column message set not null")
        connection.execute("alter table ops.runs drop column nickname")
        connection.execute(statement.encode())
    assert schema_objects.changed_by_hand(ready_dsn) == []


def test_migrations_that_are_undone_are_no_change_by_hand(ready_dsn: str) -> None:
    since = [m.revision for m in migrator.status(ready_dsn) if m.revision > "0028"]
    if since:
        undo_migrations(ready_dsn, len(since))
        assert schema_objects.changed_by_hand(ready_dsn) == []
    assert len(undo_migrations(ready_dsn, 1)) == 1
    migrate_warehouse(ready_dsn)
    assert schema_objects.changed_by_hand(ready_dsn) == []


@pytest.mark.parametrize("release", sorted(RELEASES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_database_of_an_earlier_release_becomes_one_of_this(
    empty_dsn: str, shared_ready_dsn: str, release: Path
) -> None:
    migrator.create_roles(empty_dsn, print)
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute(release.read_bytes())
    rows = _rows(empty_dsn)
    assert sum(rows.values()) > 100
    assert [line for line in migrate_warehouse(empty_dsn) if line.startswith("applied: ")]
    assert all(migration.is_applied for migration in migrator.status(empty_dsn))
    upgraded, fresh = catalogue(empty_dsn), catalogue(shared_ready_dsn)
    for name, expected in fresh.items():
        assert upgraded[name] == expected, name
    kept = _rows(empty_dsn)
    assert {table for table, count in rows.items() if kept.get(table, count) < count} == set()
    assert migrate_warehouse(empty_dsn) == []


def _rows(dsn: str) -> dict[str, int]:
    """Return the rows of every table of a database."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        tables = connection.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'p') "
            "and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'"
        ).fetchall()
        found = {}
        for (table,) in tables:
            row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
            found[table] = int(row[0]) if row else 0
    return found
