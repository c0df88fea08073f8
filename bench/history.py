"""A warehouse as it stands after months of ticks: landed, everything made, each table timed.

The history is made by the functions below the runs (landing, dbt over one range, the two modules of
our own SQL), because a run writes an event per partition and what is measured comes later. It is
also the full rebuild that is compared with DuckDB. Belongs here: set-up before a tick. Does not:
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
from cdp_assets import dbt_assets, partitions
from cdp_assets.errors import PermanentFailure
from cdp_assets.filplus import pair_totals_asset, piece_tables_asset
from cdp_assets.filplus.dmob_sync import SyncRequest, open_source, sync
from cdp_assets.settings import publish_environment
from resources.dbt_runner import DbtRunner, require_manifest
from resources.embedded_postgres import EmbeddedServer
from resources.warehouse import Warehouse

_SQL_TIMESTAMP = "%Y-%m-%d %H:%M:%S"
_RUN = "history"


def land(dmob: str, warehouse: Warehouse) -> None:
    """Land everything for the first time."""
    with open_source(dmob, 3_600) as source, warehouse.connect(autocommit=True) as connection:
        sync(source, connection, SyncRequest(_RUN, END, "bench", 16))


def make_history(
    server: EmbeddedServer, warehouse: Warehouse, start: datetime
) -> dict[str, dict[str, object]]:
    """Make all tables from what is landed, then vacuum; return wall and CPU seconds by step.

    A step also has the wall seconds of each of its tables; dbt makes several of them at once.

    Raises:
        PermanentFailure: A model failed.
    """
    publish_environment({"CDP_AS_OF": END.isoformat()})
    figures: dict[str, dict[str, object]] = {}
    for step in STEPS:
        begun, started = cpu_now(server), time.monotonic()
        tables = _make(step, warehouse, first_week(start))
        figures[step.name] = {
            "seconds": time.monotonic() - started,
            "cpu": (cpu_now(server) - begun).total,
            "tables": tables,
        }
    with psycopg.connect(warehouse.address(), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    return figures


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


def _make(step: Step, warehouse: Warehouse, first: datetime) -> dict[str, float]:
    """Make the tables of a step; return wall seconds by table."""
    if step.kind == "totals":
        return _timed(step, lambda: pair_totals_asset.bring_up(warehouse, _RUN))
    if step.kind == "pieces":
        return _timed(step, lambda: piece_tables_asset.bring_up(warehouse, _RUN))
    if step.kind == "whole":
        return _by_dbt(step, warehouse, dbt_assets.snapshot_variables(END, _RUN))
    ends = {
        "hour": partitions.floor_hour(END) + timedelta(hours=1),
        "day": partitions.floor_day(END) + timedelta(days=1),
        "week": partitions.floor_week(END) + timedelta(days=7),
    }
    return _by_dbt(step, warehouse, variables(first, ends[step.kind], END, first))


def _timed(step: Step, make: Callable[[], object]) -> dict[str, float]:
    """Time tables that are made together: the whole under all their names."""
    started = time.monotonic()
    make()
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
