"""Landing against a bare COPY pipe of the same rows between the same two databases.

A process of its own, so that its peak memory is that of landing. Scope: bare pipe, stage step,
full sync. Not here: ticks (``bench.ticks``).
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median

import psycopg
from psycopg import sql

from bench.machine import peak_mb
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.filplus.dmob.assets import sync_dmob
from cdp_assets.filplus.dmob.merge import STAGE, create_stage
from cdp_assets.filplus.dmob.relations import DEALS
from cdp_assets.filplus.dmob.sync import source_query
from resources.postgres.embedded_postgres import create_database
from resources.postgres.postgres_copy import copy_rows
from resources.postgres.warehouse import Warehouse

_BARE_TABLE = """
create temp table bare (
    id integer, deal_id integer, client varchar, provider varchar, sector_id varchar,
    piece_cid varchar, piece_size numeric, term_start numeric, type varchar,
    created_at timestamp(6), slashed_epoch numeric, removed boolean
) on commit drop
"""
_BARE_QUERY = """
select "id", "dealId", "clientId", "providerId", "sectorId", "pieceCid", "pieceSize", "termStart",
    "type", "createdAt", "slashedEpoch", "removed"
from unified_verified_deal
"""


def measure_landing(admin: str, source: str, template: str, rounds: int) -> dict[str, object]:
    """Return medians in seconds of the three ways, measured in turn, and the peak memory."""
    bare, stage, full, idle = [], [], [], []
    rows = 0
    for number in range(rounds):
        name = f"landing_{number}"
        create_database(admin, name, template=template)
        target = f"{admin.rsplit('/', 1)[0]}/{name}"
        with psycopg.connect(target, autocommit=True) as warehouse:
            warehouse.execute("checkpoint")
            bare.append(_bare(source, warehouse))
            stage.append(_stage(source, warehouse))
        seconds, rows = _full(source, target)
        full.append(seconds)
        idle.append(_full(source, target)[0])
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
    return {
        "rows": rows,
        "bare_seconds": median(bare),
        "stage_seconds": median(stage),
        "full_seconds": median(full),
        "stage_ratio": median(b / s for b, s in zip(bare, stage, strict=True)),
        "full_ratio": median(b / f for b, f in zip(bare, full, strict=True)),
        "second_sync_seconds": median(idle),
        "peak_mb": peak_mb(),
    }


def _bare(source: str, warehouse: psycopg.Connection) -> float:
    with psycopg.connect(source) as reader, warehouse.transaction():
        warehouse.execute(_BARE_TABLE)
        started = time.monotonic()
        copy_rows(reader, sql.SQL(_BARE_QUERY), warehouse, sql.Identifier("bare"))
        return time.monotonic() - started


def _stage(source: str, warehouse: psycopg.Connection) -> float:
    with psycopg.connect(source) as reader, warehouse.transaction():
        create_stage(warehouse.cursor(), DEALS)
        started = time.monotonic()
        copy_rows(reader, source_query(DEALS, (0, None)), warehouse, STAGE)
        return time.monotonic() - started


def _full(source: str, target: str) -> tuple[float, int]:
    """Sync all eight relations, commit included."""
    started = time.monotonic()
    _, reports = sync_dmob(DirectRun("bench"), Warehouse(url=target), sweep_blocks=16, dsn=source)
    return time.monotonic() - started, reports[0].row_count


if __name__ == "__main__":
    print(json.dumps(measure_landing(**json.loads(sys.argv[1]))))
