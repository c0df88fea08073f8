"""The tables of provider sources: their assets, and that readers may read just these."""

from __future__ import annotations

import psycopg
import pytest

from cdp_assets.core.tables.contracts import tables
from cdp_assets.filplus.providers.all_assets import PROVIDER_SOURCE_ASSETS
from resources.postgres import migrator

pytestmark = pytest.mark.integration
MARTS = [t.name for t in tables().values() if t.source == "filplus_providers"]


def test_every_mart_of_a_source_has_bounded_reads() -> None:
    marts = {
        spec.key.path[-1]: spec.metadata
        for asset in PROVIDER_SOURCE_ASSETS
        for spec in asset.specs
        if spec.key.path[0] == "filplus"
    }
    assert set(marts) == set(MARTS)
    for table, metadata in marts.items():
        assert "bounded" in metadata["reads"] or "of the" in metadata["reads"], table


def test_readers_read_the_tables_and_no_raw_answer(warehouse_dsn: str) -> None:
    migrator.create_roles(warehouse_dsn, print)
    with psycopg.connect(warehouse_dsn, autocommit=True) as connection:
        for role in ("api_ro", "analyst"):
            connection.execute(f"set role {role}")
            for table in MARTS:
                assert connection.execute(f"select count(*) from filplus.{table}").fetchone() == (
                    0,
                )
            for raw in ("raw_lotus.miner_info", "raw_ipni.responses", "raw_ipinfo.responses"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select * from {raw}")
            connection.execute("reset role")
