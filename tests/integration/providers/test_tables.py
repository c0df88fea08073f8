"""The tables of provider sources are what their texts say, and readers may read just these."""

from __future__ import annotations

import psycopg
import pytest
import yaml

from cdp_assets.filplus.provider_sources import PROVIDER_SOURCE_ASSETS
from cdp_assets.settings import PROJECT_ROOT
from resources import migrator

pytestmark = pytest.mark.integration
TEXTS = yaml.safe_load((PROJECT_ROOT / "migrations/provider_tables.yaml").read_text())


def test_columns_types_and_comments_are_those_of_the_file(warehouse_dsn: str) -> None:
    with psycopg.connect(warehouse_dsn) as connection:
        rows = connection.execute(
            """
            select c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
                col_description(c.oid, a.attnum)
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.oid = any(%s::regclass[])
            order by c.oid, a.attnum
            """,
            [list(TEXTS)],
        ).fetchall()
    found: dict[str, dict[str, dict[str, str]]] = {}
    for table, column, kind, comment in rows:
        kind = kind.replace(" without time zone", "")
        found.setdefault(table, {})[column] = {"type": kind, "text": comment}
    assert found == {table: text["columns"] for table, text in TEXTS.items()}
    for table, text in TEXTS.items():
        assert list(found[table]) == list(text["columns"]), table  # also in this order


def test_every_table_of_the_file_has_its_asset_with_a_key_and_bounded_reads() -> None:
    marts = {}
    for asset in PROVIDER_SOURCE_ASSETS:
        for spec in asset.specs:
            if spec.key.path[0] == "filplus":
                marts[".".join(spec.key.path)] = spec.metadata
    assert set(marts) == set(TEXTS)
    for table, metadata in marts.items():
        assert set(metadata["primary_key"].split(", ")) <= set(TEXTS[table]["columns"]), table
        assert "bounded" in metadata["reads"] or "of the" in metadata["reads"], table


def test_readers_read_the_tables_and_no_raw_answer(warehouse_dsn: str) -> None:
    migrator.create_roles(warehouse_dsn, print)
    with psycopg.connect(warehouse_dsn, autocommit=True) as connection:
        for role in ("api_ro", "analyst"):
            connection.execute(f"set role {role}")
            for table in TEXTS:
                assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)
            for raw in ("raw_lotus.miner_info", "raw_ipni.answers", "raw_ipinfo.answers"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select * from {raw}")
            connection.execute("reset role")
