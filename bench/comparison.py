"""The reference statements over the source, and whether every table equals its statement.

Scope: running and comparing. Not here: the statements (``bench.statements``), or the same ones in
DuckDB (``bench.duck``).
"""

from __future__ import annotations

import time
from datetime import datetime

import psycopg

from bench.deal_tables import PARTITIONED_BY
from bench.machine import cpu_now, log_progress
from bench.statements import all_statements
from resources.postgres.embedded_postgres import EmbeddedServer


def run_statements(
    server: EmbeddedServer, dmob: str, as_of: datetime
) -> dict[str, dict[str, float]]:
    """Run the plain statements over the source; return CPU and wall seconds of each.

    Each result is stored in an unlogged table, because the next statement reads it. No parallel
    workers: they would only add CPU.
    """
    metrics = {}
    with psycopg.connect(dmob, autocommit=True) as connection:
        connection.execute("set max_parallel_workers_per_gather = 0")
        connection.execute("set timezone = 'UTC'")
        for statement in all_statements():
            begun, started = cpu_now(server), time.monotonic()
            connection.execute(statement.create(as_of))
            metrics[statement.table] = {
                "cpu": (cpu_now(server) - begun).server,
                "seconds": time.monotonic() - started,
            }
            spent = metrics[statement.table]
            log_progress(
                f"{statement.table}: {spent['cpu']:.1f} s of CPU, {spent['seconds']:.1f} s"
            )
    return metrics


def unequal_tables(dmob: str, warehouse: str, first: datetime) -> list[str]:
    """Return the tables that do not equal their reference statement, row for row.

    Partitioned tables are compared from the first partition on, because ours have no earlier rows.
    """
    with psycopg.connect(dmob) as plain, psycopg.connect(warehouse) as built:
        return [
            statement.table
            for statement in all_statements()
            if _fingerprint(plain, "reference", statement.table, first)
            != _fingerprint(built, "filplus", statement.table, first)
        ]


def compared_rows(table: str, first: datetime) -> str:
    """Return the condition of the rows of a table that are compared; both dialects read it."""
    column = PARTITIONED_BY.get(table)
    if column is None:
        return "true"
    return f"{column} >= timestamp '{first:%Y-%m-%d %H:%M:%S}'"


def _fingerprint(
    connection: psycopg.Connection, schema: str, table: str, first: datetime
) -> tuple[object, ...] | None:
    return connection.execute(
        f"select count(*), sum(hash_record_extended(row(t.*), 0)) from {schema}.{table} t "
        f"where {compared_rows(table, first)}"
    ).fetchone()
