"""A small source database whose rows a test writes itself, and syncs of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import simulator.dmob
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.dmob.assets import sync_dmob
from cdp_assets.filplus.dmob.sync import RelationReport
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.warehouse import Warehouse
from tests.conftest import fresh_database

SCHEMA = Path(simulator.dmob.__file__).with_name("dmob_schema.sql").read_text(encoding="utf-8")
AS_OF = datetime(2024, 3, 15, 12, tzinfo=UTC)
FIRST_HEIGHT = 3_698_160  # 2024-03-01T00:00Z


@dataclass
class Landing:
    """A source and a warehouse."""

    source: psycopg.Connection[Any]
    source_dsn: str
    warehouse: psycopg.Connection[Any]
    warehouse_dsn: str

    def sync(self, *, sweep_blocks: int | None = None) -> dict[str, RelationReport]:
        """Sync all relations as a run does; reports by relation."""
        publish_environment({"CDP_AS_OF": AS_OF.isoformat()})
        _, reports = sync_dmob(
            DirectRun("a-run"), Warehouse(url=self.warehouse_dsn),
            sweep_blocks=sweep_blocks, dsn=self.source_dsn,
        )  # fmt: skip
        return {report.relation: report for report in reports}

    def add_deals(self, first: int, last: int, step: int = 1) -> None:
        """Write ordinary deals with ids from ``first`` to ``last``; ten ids start per hour."""
        self.source.execute(
            """
            insert into unified_verified_deal (
                "id", "dealId", "type", "clientId", "providerId", "sectorId", "pieceCid",
                "pieceSize", "termStart", "createdAt")
            select i, mod(i, 2), 'verifiedDeal', 1000 + mod(i, 7), 2000 + mod(i, 5), i,
                'piece-' || mod(i, 97), 32 * (1 + mod(i, 3)), %s::int + (i / 10) * 120,
                timestamp '2024-03-01 00:00:00.123456'
            from generate_series(%s::int, %s::int, %s::int) i
            """,
            [FIRST_HEIGHT, first, last, step],
        )

    def add_deal(self, number: int, **columns: object) -> None:
        """Write one deal with the given columns of the source."""
        named = {"id": number, **columns}
        self.source.execute(
            sql.SQL("insert into unified_verified_deal ({}) values ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, named)),
                sql.SQL(", ").join([sql.Placeholder()] * len(named)),
            ),
            list(named.values()),
        )

    def landed(self, query: str) -> list[tuple[Any, ...]]:
        """Read the warehouse."""
        return self.warehouse.execute(query).fetchall()

    def assert_equal(self) -> None:
        """Compare every landed deal with the source, column by column as far as it has a type."""
        there = self.source.execute(
            """
            select "id", "dealId", "clientId", "providerId", "sectorId", "pieceCid",
                "pieceSize"::bigint, "termStart"::bigint, "type", "createdAt",
                "slashedEpoch"::bigint, "removed"
            from unified_verified_deal order by 1
            """
        ).fetchall()
        here = self.landed(
            """
            select id, deal_id, client_id::text, provider_id::text, sector_id, piece_cid,
                piece_size, term_start, r.type, created_at, slashed_epoch, removed
            from raw_dmob.unified_verified_deal r left join raw_dmob.piece using (piece_id)
            order by 1
            """
        )
        assert here == there

    def changed_hours(self) -> list[datetime]:
        """Return and forget the touched hours."""
        return [
            row[0].astimezone(UTC)
            for row in self.landed("delete from ops.changed_hours returning hour")
        ]


_EMPTY = """
do $$
declare
    tables text;
begin
    select string_agg(oid::regclass::text, ', ') into tables
    from pg_class
    where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'raw_dmob', 'ops')
        and relname <> 'schema_version';
    execute 'truncate ' || tables;
end
$$
"""


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer, migrated_template: str) -> Iterator[tuple[str, str]]:
    """Addresses of a source and a warehouse that the tests of this folder share."""
    for source_dsn in fresh_database(server):
        with psycopg.connect(source_dsn, autocommit=True) as source:
            source.execute(SCHEMA)
        for warehouse_dsn in fresh_database(server, migrated_template):
            yield source_dsn, warehouse_dsn


@pytest.fixture
def landing(databases: tuple[str, str]) -> Iterator[Landing]:
    """An empty source and an empty landing."""
    source_dsn, warehouse_dsn = databases
    with (
        psycopg.connect(source_dsn, autocommit=True) as source,
        psycopg.connect(warehouse_dsn, autocommit=True) as warehouse,
    ):
        for connection in (source, warehouse):
            connection.execute(_EMPTY)
        source.execute("refresh materialized view unique_providers")
        yield Landing(source, source_dsn, warehouse, warehouse_dsn)
