"""Migrations: the same catalogue on Postgres 15 and 18, up and down, idempotent, least rights."""

from __future__ import annotations

import psycopg
import pytest

from cdp_assets.migrate import migrate_warehouse
from resources import migrator
from tests.integration.postgres_15 import postgres_15

pytestmark = pytest.mark.integration
OURS = "n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'"

CATALOGUE = {
    "columns": """
        select table_schema, table_name, ordinal_position, column_name, data_type, is_nullable,
            column_default, numeric_precision, datetime_precision
        from information_schema.columns
        where table_schema not in ('pg_catalog', 'information_schema')
    """,
    "constraints": f"""
        select n.nspname, r.relname, c.conname, pg_get_constraintdef(c.oid)
        from pg_constraint c join pg_class r on r.oid = c.conrelid
        join pg_namespace n on n.oid = r.relnamespace
        where c.contype <> 'n' and {OURS}
    """,
    "indexes": f"""
        select n.nspname, r.relname,
            regexp_replace(pg_get_indexdef(i.indexrelid), '"?[0-9a-f]{{32}}"?', 'made by dbt')
        from pg_index i join pg_class r on r.oid = i.indrelid
        join pg_namespace n on n.oid = r.relnamespace where {OURS}
    """,
    "functions": f"""
        select n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosrc
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {OURS}
    """,
    "triggers": "select tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal",
    "comments": f"""
        select n.nspname, r.relname, d.objsubid, d.description
        from pg_description d join pg_class r on r.oid = d.objoid
        join pg_namespace n on n.oid = r.relnamespace where {OURS}
    """,
    "views": f"""
        select n.nspname, r.relname, r.reloptions
        from pg_class r join pg_namespace n on n.oid = r.relnamespace
        where r.relkind = 'v' and {OURS}
    """,
    "rights": """
        select table_schema, table_name, grantee, privilege_type
        from information_schema.role_table_grants
        where table_schema not in ('pg_catalog', 'information_schema') and grantee <> 'postgres'
            and privilege_type <> 'MAINTAIN'
    """,
}


def _catalogue(dsn: str) -> dict[str, list[str]]:
    with psycopg.connect(dsn) as connection:
        return {
            name: sorted(str(row) for row in connection.execute(query))
            for name, query in CATALOGUE.items()
        }


def test_postgres_15_and_18_get_the_same_catalogue(empty_dsn: str) -> None:
    migrate_warehouse(empty_dsn)
    with postgres_15() as old:
        migrate_warehouse(old)
        there = _catalogue(old)
    here = _catalogue(empty_dsn)
    assert here.keys() == there.keys()
    for name, rows in here.items():
        assert rows, name
        assert rows == there[name], name


def test_a_second_migration_finds_nothing_to_do(ready_dsn: str) -> None:
    before = _catalogue(ready_dsn)
    assert migrate_warehouse(ready_dsn) == []
    assert _catalogue(ready_dsn) == before


def test_every_migration_goes_down_and_up_again(empty_dsn: str) -> None:
    migrator.migrate(empty_dsn)
    whole = _catalogue(empty_dsn)
    numbers = [migration.revision for migration in migrator.status(empty_dsn)]
    for number in reversed(numbers):
        migrator.migrate_down(empty_dsn, 1)
        assert not {m.revision: m.is_applied for m in migrator.status(empty_dsn)}[number]
    assert migrator.migrate(empty_dsn) == numbers
    assert _catalogue(empty_dsn) == whole


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


def test_no_column_of_a_mart_or_view_lacks_its_comment(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        rows = connection.execute(
            """
            select c.oid::regclass, a.attname
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace::regnamespace::text in ('filplus', 'intermediate', 'api_v1')
                and c.relkind in ('r', 'v') and col_description(c.oid, a.attnum) is null
            """
        ).fetchall()
    assert rows == []


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
