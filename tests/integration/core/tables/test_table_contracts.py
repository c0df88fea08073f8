"""The dbt manifest and a migrated database declare the same tables, both ways."""

from __future__ import annotations

import psycopg
import pytest

from cdp_assets.core.tables.api_views import CATALOGUE, served_catalogue, view_columns
from cdp_assets.core.tables.contracts import tables
from cdp_assets.core.tables.table_comments import write_table_comments
from resources.dbt_runner import require_manifest

pytestmark = pytest.mark.integration
_COLUMNS = """
select n.nspname || '/' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    not a.attnotnull, col_description(c.oid, a.attnum)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p', 'v')
    and n.nspname !~ '^(pg_|information_schema$|api_v1$|public$)'
    and (not c.relispartition or n.nspname || '/' || c.relname = any(%s))
order by 1, a.attnum
"""
_KEYS = """
select n.nspname || '/' || c.relname, array_agg(a.attname::text order by k.position)
from pg_index i
join pg_class c on c.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
cross join lateral unnest(i.indkey) with ordinality k (attnum, position)
join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
where i.indisprimary
group by 1
"""
_DESCRIPTION = "select obj_description(%s::regclass, 'pg_class')"


@pytest.fixture
def connection(shared_ready_dsn: str) -> psycopg.Connection:
    """A warehouse as ``cdp migrate`` leaves it."""
    with psycopg.connect(shared_ready_dsn, autocommit=True) as opened:
        yield opened


def test_columns_types_nulls_and_texts_of_manifest_and_database_are_the_same(
    connection: psycopg.Connection,
) -> None:
    stored: dict[str, list[tuple[str, str, bool, str | None]]] = {}
    for key, *column in connection.execute(_COLUMNS, [list(tables())]):
        stored.setdefault(key, []).append(tuple(column))
    declared = {
        key: [(c.name, c.data_type, c.is_nullable, c.description) for c in table.columns]
        for key, table in tables().items()
    }
    assert sorted(declared) == sorted(stored)
    for key, columns in declared.items():
        assert columns == stored[key], key


def test_keys_of_manifest_and_database_are_the_same(connection: psycopg.Connection) -> None:
    stored = dict(connection.execute(_KEYS).fetchall())
    declared = {key: list(table.primary_key) for key, table in tables().items()}
    assert declared == {key: stored.get(key, []) for key in declared}


def test_every_table_and_column_says_what_it_holds(connection: psycopg.Connection) -> None:
    for key, table in tables().items():
        assert table.description, key
        assert all(column.description for column in table.columns), key
        (comment,) = connection.execute(_DESCRIPTION, [key.replace("/", ".")]).fetchone()
        assert " ".join(comment.split()) == table.description, key


def test_views_of_a_table_are_what_the_manifest_says(connection: psycopg.Connection) -> None:
    views = {
        f"api_v1.{node['alias']}": view_columns(node)
        for node in require_manifest()["nodes"].values()
        if node["schema"] == "api_v1" and node["resource_type"] == "model"
    }
    listed = {view: columns for view, columns in views.items() if columns}
    assert len(listed) > 70
    for view, columns in listed.items():
        stored = connection.execute(
            "select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) "
            "from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum",
            [view],
        ).fetchall()
        assert [(c.name, c.data_type, c.description) for c in columns] == stored, view


def test_the_catalogue_of_the_query_layer_is_of_the_present_manifest() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == served_catalogue(), "run: cdp manifest"


def test_comments_that_differ_are_written_again(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        connection.execute("comment on column raw_dmob.verifier.id is 'by hand'")
        connection.execute("comment on view ops.freshness is null")
        write_table_comments(connection)
        found = connection.execute(
            "select col_description('raw_dmob.verifier'::regclass, 1), "
            "obj_description('ops.freshness'::regclass, 'pg_class')"
        ).fetchone()
    assert found == (
        tables()["raw_dmob/verifier"].columns[0].description,
        tables()["ops/freshness"].description,
    )
