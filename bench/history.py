"""A warehouse as it is after months of ticks: landed, all tables built, each table timed.

The history is built by the functions below the runs (landing, dbt over one range, the two modules
of our own SQL), because a run writes an event per partition and the measurement comes later. It is
also the full rebuild that is compared with DuckDB. Scope: set-up before a tick. Not here:
measuring a tick (``bench.ticks``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import psycopg

from bench.deal_tables import STEPS, Step
from bench.machine import cpu_now
from bench.rebuild import TOGETHER
from bench.scales import END, first_week
from cdp_assets import partitions
from cdp_assets.core.dbt import assets as dbt_assets
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.errors import PermanentFailure
from cdp_assets.filplus.deals import client_provider_totals_asset, piece_tables_asset
from cdp_assets.filplus.dmob.assets import sync_dmob
from cdp_assets.settings import publish_environment
from resources.dbt_runner import DbtRunner, require_manifest
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.warehouse import Warehouse

_SQL_TIMESTAMP = "%Y-%m-%d %H:%M:%S"
_RUN = "history"


def land(dmob: str, warehouse: Warehouse, end: datetime = END) -> None:
    """Land everything for the first time."""
    publish_environment({"CDP_AS_OF": end.isoformat()})
    sync_dmob(DirectRun(_RUN), warehouse, sweep_blocks=16, dsn=dmob)


def build_history(
    server: EmbeddedServer, warehouse: Warehouse, start: datetime, end: datetime = END
) -> dict[str, dict[str, object]]:
    """Build all tables from landed rows, then vacuum; return wall and CPU seconds by step.

    A step also has the wall seconds of each of its tables; dbt builds several of them at once.

    Raises:
        PermanentFailure: A model failed.
    """
    publish_environment({"CDP_AS_OF": end.isoformat()})
    metrics: dict[str, dict[str, object]] = {}
    for step in STEPS:
        begun, started = cpu_now(server), time.monotonic()
        tables = _build(step, warehouse, first_week(start), end)
        metrics[step.name] = {
            "seconds": time.monotonic() - started,
            "cpu": (cpu_now(server) - begun).total,
            "tables": tables,
        }
    with psycopg.connect(warehouse.address(), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    return metrics


def variables(
    start: datetime, end: datetime, as_of: datetime, first: datetime
) -> dict[str, object]:
    """Return dbt's variables of a window, as a run passes them."""
    return {
        "min_date": start.strftime(_SQL_TIMESTAMP),
        "max_date": end.strftime(_SQL_TIMESTAMP),
        "as_of": as_of.strftime(_SQL_TIMESTAMP),
        "partitions_start": first.strftime(_SQL_TIMESTAMP),
        "accumulate_from": "history",
        "run_id": _RUN,
    }


def with_checks(models: Sequence[str]) -> list[str]:
    """Return the models' names and those of their checks, as a run selects them."""
    manifest = require_manifest()
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] in models
    ]
    return dbt_assets.with_checks(nodes, manifest)


def _build(step: Step, warehouse: Warehouse, first: datetime, end: datetime) -> dict[str, float]:
    """Build the tables of a step; return wall seconds by table."""
    direct = DirectRun(_RUN)
    if step.kind == "totals":
        return _timed(step, lambda: client_provider_totals_asset.refresh_totals(direct, warehouse))
    if step.kind == "pieces":
        return _timed(step, lambda: piece_tables_asset.refresh_piece_tables(direct, warehouse))
    if step.kind == "unpartitioned":
        return _by_dbt(step, warehouse, dbt_assets.snapshot_variables(end, _RUN))
    ends = {
        "hour": partitions.floor_hour(end) + timedelta(hours=1),
        "day": partitions.floor_day(end) + timedelta(days=1),
        "week": partitions.floor_week(end) + timedelta(days=7),
    }
    return _by_dbt(step, warehouse, variables(first, ends[step.kind], end, first))


def _timed(step: Step, build: Callable[[], object]) -> dict[str, float]:
    """Time tables that are built together: one duration under all their names."""
    started = time.monotonic()
    build()
    return {TOGETHER.join(step.tables): time.monotonic() - started}


def _by_dbt(step: Step, warehouse: Warehouse, window: Mapping[str, object]) -> dict[str, float]:
    results = DbtRunner(role="cdp_writer").run(
        warehouse.address(), list(step.tables), window, lambda _: None
    )
    failed = [r for r in results if not r.is_good]
    if failed:
        raise PermanentFailure(f"{failed[0].unique_id}: {failed[0].message}")
    seconds = {r.unique_id.rsplit(".", 1)[-1]: r.seconds for r in results}
    return {table: seconds[table] for table in step.tables}
