"""The same results by DuckDB from Parquet on the same cores, to compare a full rebuild with.

Scope: export, running, comparing. Not here: the SQL dialect (``bench.duck_dialect``), or our
rebuild (``bench.history``). Only the bench depends on DuckDB: ``bench/requirements.lock``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.comparison import compared_rows
from bench.duck_dialect import translated
from bench.statements import GIVEN, all_statements

_TYPES = {
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "numeric": "BIGINT",
    "boolean": "BOOLEAN",
    "double precision": "DOUBLE",
    "timestamp without time zone": "TIMESTAMP",
}
# Columns of the largest relations that the statements read; of the others all are exported.
_COLUMNS = {
    "unified_verified_deal": (
        "dealId",
        "clientId",
        "providerId",
        "sectorId",
        "pieceCid",
        "pieceSize",
        "termStart",
    ),
    "dc_allocation_claim": ("type", "clientId"),
}
_RELATIONS = (
    "unified_verified_deal",
    "unique_providers",
    "dc_allocation_claim",
    "verifier",
    "verifier_allowance",
    "verified_client",
    "verified_client_allowance",
)
_SHARE_OF_MEMORY = 0.6
_SUMMED = ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


def measure_duck(
    dmob: str, warehouse: str, folder: str, as_of: str, first: str
) -> dict[str, object]:
    """Return DuckDB's wall and CPU seconds per table, and the tables whose sums differ from ours.

    Args:
        dmob: Address of the source, with the given tables in schema ``reference``.
        warehouse: Address of the warehouse whose tables are compared.
        folder: For Parquet files, the database and spilled data.
        as_of: Clock of the statements.
        first: First partition of the warehouse.
    """
    import duckdb

    place = Path(folder)
    place.mkdir(parents=True)
    duck = duckdb.connect(str(place / "results.duckdb"))
    memory = int(psutil.virtual_memory().total * _SHARE_OF_MEMORY / 2**20)
    duck.execute(f"set memory_limit = '{memory}MiB'")
    duck.execute(f"set threads = {os.cpu_count()}")
    duck.execute(f"set temp_directory = '{place / 'spilled'}'")
    duck.execute("create schema reference")
    started = time.monotonic()
    with psycopg.connect(dmob) as source:
        for relation in _RELATIONS:
            _export(source, duck, place, "public", relation)
        for table in sorted(GIVEN):
            _export(source, duck, place, "reference", table)
    metrics: dict[str, Any] = {"version": duckdb.__version__, "memory_mib": memory}
    metrics["export_seconds"] = time.monotonic() - started
    metrics["parquet_mb"] = sum(p.stat().st_size for p in place.glob("*.parquet")) / 1e6
    # the files have the order of the source; results need none
    duck.execute("set preserve_insertion_order = false")
    metrics["tables"] = _run(duck, datetime.fromisoformat(as_of))
    with psycopg.connect(warehouse) as built:
        metrics["unequal"] = [
            statement.table
            for statement in all_statements()
            if not _has_our_sums(duck, built, statement.table, datetime.fromisoformat(first))
        ]
    return metrics


def _export(source: psycopg.Connection, duck: Any, place: Path, schema: str, relation: str) -> None:
    """Write one relation to a Parquet file and let a view read it."""
    columns = [
        (name, _TYPES.get(kind, "VARCHAR"))
        for name, kind in source.execute(
            "select a.attname, format_type(a.atttypid, null) from pg_attribute a "
            "where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped "
            "order by a.attnum",
            [f"{schema}.{relation}"],
        )
        if name in _COLUMNS.get(relation, (name,))
    ]
    rows, parquet = place / f"{relation}.csv", place / f"{relation}.parquet"
    chosen = ", ".join(f'"{name}"' for name, _ in columns)
    with (
        rows.open("wb") as sink,
        source.cursor().copy(
            f"copy (select {chosen} from {schema}.{relation}) to stdout (format csv, null '\\N')"
        ) as blocks,
    ):
        for block in blocks:
            sink.write(block)
    types = json.dumps(dict(columns)).replace('"', "'")
    duck.execute(
        f"copy (select * from read_csv('{rows}', auto_detect = false, delim = ',', quote = '\"', "
        f"nullstr = '\\N', columns = {types})) to '{parquet}' (format parquet, compression zstd)"
    )
    rows.unlink()
    target = relation if schema == "public" else f"reference.{relation}"
    duck.execute(f"create view {target} as select * from read_parquet('{parquet}')")


def _run(duck: Any, as_of: datetime) -> dict[str, dict[str, float]]:
    metrics = {}
    process = psutil.Process()
    for statement in all_statements():
        begun, started = process.cpu_times(), time.monotonic()
        for text in translated(statement, as_of):
            duck.execute(text)
        spent = process.cpu_times()
        metrics[statement.table] = {
            "seconds": time.monotonic() - started,
            "cpu": spent.user + spent.system - begun.user - begun.system,
        }
    return metrics


def _has_our_sums(duck: Any, built: psycopg.Connection, table: str, first: datetime) -> bool:
    """Return whether a table has our number of rows and our sum of each integer column."""
    described = duck.execute(f"describe reference.{table}").fetchall()
    columns = [name for name, kind, *_ in described if kind in _SUMMED]
    wanted = ", ".join(["count(*)", *(f'coalesce(sum("{name}"), 0)' for name in columns)])
    where = compared_rows(table, first)
    theirs = duck.execute(f"select {wanted} from reference.{table} where {where}").fetchone()
    ours = built.execute(f"select {wanted} from filplus.{table} where {where}").fetchone()
    return ours is not None and [int(v) for v in theirs] == [int(v) for v in ours]


if __name__ == "__main__":
    print(json.dumps(measure_duck(**json.loads(sys.argv[1]))))
