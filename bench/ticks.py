"""A tick with one new hour in a warm process, at one size, and the plain statements beside it.

A tick is what ``cdp refresh`` and the schedules do, through the same ``Refresher`` with Dagster's
Postgres storage on the same server: sync, stale hours, the current week, all checks. Its CPU is
that of every process of the server (source, warehouse and Dagster's storage) plus this process.
Scope: measuring one size. Not here: its set-up (``bench.history``).
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import dagster as dg
import psycopg

from bench.comparison import run_statements, unequal_tables
from bench.deal_tables import HOURLY, SCHEMAS, TABLES
from bench.given import fill_given, move_grants
from bench.history import build_history, land, variables, with_checks
from bench.machine import cpu_now, log_progress
from bench.scales import END, Sizes, first_week
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.core.runs.instance import open_instance
from cdp_assets.filplus.dmob.sync_plan import DmobSyncPlan
from cdp_assets.settings import get_settings, publish_environment
from resources.dbt_runner import DbtRunner
from resources.postgres.database_urls import start_servers
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from resources.postgres.warehouse import Warehouse
from simulator.dmob.database import append_hour, create_dmob


def environment(server: EmbeddedServer, sizes: Sizes, deals: int, state: Path) -> dict[str, str]:
    """Return the settings of a size; partitions read them when their module is imported."""
    return {
        "DATABASE_URL": server.dsn(f"warehouse_{deals}"),
        "DMOB_DATABASE_URL": server.dsn(f"dmob_{deals}"),
        "CDP_DAGSTER_DATABASE_URL": server.dsn(f"dagster_{deals}"),
        "CDP_STATE_DIR": str(state),
        "CDP_PARTITIONS_START": first_week(sizes.start(deals)).isoformat(),
    }


def measure_size(
    server: dict[str, object],
    sizes: dict[str, object],
    template: str,
    deals: int,
    with_reference: bool,
) -> dict[str, object]:
    """Return the measurements of one size; the caller drops the databases."""
    found = EmbeddedServer(**server)  # type: ignore[arg-type]
    given = Sizes(**{**sizes, "deals": tuple(sizes["deals"])})  # type: ignore[arg-type]
    start = given.start(deals)
    metrics: dict[str, object] = {"deals": deals, "weeks": (END - first_week(start)).days // 7 + 1}
    metrics |= _build(found, given, template, deals)
    logging.disable(logging.INFO)
    log_progress(json.dumps(metrics))
    metrics |= _ticks(found, given, deals)
    log_progress(json.dumps(metrics))
    metrics["warehouse_gb"] = _size_gb(found.dsn(f"warehouse_{deals}"))
    if with_reference:
        addresses = (found.dsn(f"dmob_{deals}"), found.dsn(f"warehouse_{deals}"))
        metrics["reference"] = run_statements(found, addresses[0], given.last_as_of)
        metrics["unequal"] = unequal_tables(*addresses, first_week(start))
    return metrics


def _build(server: EmbeddedServer, sizes: Sizes, template: str, deals: int) -> dict[str, object]:
    """Generate, land and build the history; return the seconds of each, and of each table."""
    admin = server.dsn("postgres")
    seconds: dict[str, float] = {}
    dmob, warehouse = server.dsn(f"dmob_{deals}"), Warehouse()
    create_database(admin, f"dmob_{deals}")
    create_database(admin, f"warehouse_{deals}", template=template)
    create_database(admin, f"dagster_{deals}")
    start = sizes.start(deals)
    clock = time.monotonic()
    with psycopg.connect(dmob) as connection:
        create_dmob(connection, sizes.scale(deals))
        move_grants(connection, start)
    with psycopg.connect(dmob, autocommit=True) as connection:
        connection.execute("vacuum")
    seconds["generate"], clock = time.monotonic() - clock, time.monotonic()
    land(dmob, warehouse)
    seconds["land"], clock = time.monotonic() - clock, time.monotonic()
    fill_given(dmob, server.dsn(f"warehouse_{deals}"), start)
    rebuild = build_history(server, warehouse, start)
    seconds["history"] = time.monotonic() - clock
    return {"build_seconds": seconds, "rebuild": rebuild}


def _size_gb(warehouse: str) -> float:
    with psycopg.connect(warehouse) as connection:
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    assert row is not None
    return float(row[0]) / 1e9


def _ticks(server: EmbeddedServer, sizes: Sizes, deals: int) -> dict[str, object]:
    from cdp_assets.definitions import defs

    settings = get_settings()
    ticks: list[dict[str, float]] = []
    with open_instance(settings, start_servers(settings)) as instance:
        for number in range(1, sizes.warm_ups + sizes.ticks + 1):
            with psycopg.connect(server.dsn(f"dmob_{deals}")) as source:
                append_hour(source, END + timedelta(hours=number - 1), sizes.hourly_deals, number)
            as_of = END + timedelta(hours=number, minutes=5)
            ticks.append(_tick(server, defs, instance, as_of))
        as_of = sizes.last_as_of
        warm = _warm_hourly(as_of, sizes.start(deals), sizes.starts)
        backfill = _backfill(defs, instance, as_of, sizes.backfill_hours)
    measured = ticks[sizes.warm_ups :]
    names = sorted({name for tick in measured for name in tick})
    return {
        "first_tick": ticks[0],
        "tick": {name: median(tick.get(name, 0.0) for tick in measured) for name in names},
        "warm_hourly_seconds": warm,
        **backfill,
    }


def _tick(
    server: EmbeddedServer, defs: dg.Definitions, instance: dg.DagsterInstance, as_of: datetime
) -> dict[str, float]:
    """Refresh once; return CPU and wall seconds, in total and by step."""
    publish_environment({"CDP_AS_OF": as_of.isoformat()})
    begun, started = cpu_now(server), time.monotonic()
    refresher = Refresher(defs, instance, Warehouse(), as_of=as_of, user="bench")
    chosen = {
        key
        for key in refresher.select([])
        if key.path[0] == "raw_dmob" or (key.path[0] in SCHEMAS and key.path[-1] in TABLES)
    }
    synced = refresher.run_plan(DmobSyncPlan(), chosen)
    after_sync, sync_seconds = cpu_now(server), time.monotonic() - started
    report = refresher.refresh(chosen)
    spent, seconds = cpu_now(server) - begun, time.monotonic() - started
    assert synced.runs
    runs = [*synced.runs, *report.runs]
    failed = [run for run in runs if run.error is not None]
    if failed:
        raise RuntimeError(f"{failed[0].name}: {failed[0].error}")
    metrics = {
        "cpu": spent.total,
        "cpu_server": spent.server,
        "cpu_worker": spent.worker,
        "cpu_sync": (after_sync - begun).total,
        "seconds": seconds,
        "seconds_sync": sync_seconds,
        "runs": float(len(runs)),
        "partitions": float(sum(run.partitions for run in report.runs)),
    }
    for run in report.runs:
        metrics[f"seconds_{run.name}"] = metrics.get(f"seconds_{run.name}", 0.0) + run.seconds
    return metrics


def _warm_hourly(as_of: datetime, start: datetime, rounds: int) -> float:
    """Return the seconds of dbt for the last hour: all hourly models and their checks."""
    hour = as_of.replace(minute=0) - timedelta(hours=1)
    window = variables(hour, hour + timedelta(hours=1), as_of, first_week(start))
    dbt, seconds = DbtRunner(role="cdp_writer"), []
    for _ in range(rounds):
        started = time.monotonic()
        results = dbt.build(Warehouse().address(), with_checks(HOURLY), window, lambda _: None)
        seconds.append(time.monotonic() - started)
        assert all(result.is_good for result in results)
    return median(seconds)


def _backfill(
    defs: dg.Definitions, instance: dg.DagsterInstance, as_of: datetime, hours: int
) -> dict[str, object]:
    """Backfill hours of the hourly table as the CLI does."""
    refresher = Refresher(defs, instance, Warehouse(), as_of=as_of, user="bench")
    end = as_of.replace(minute=0)
    key = dg.AssetKey(["filplus", HOURLY[0]])
    plan = refresher.backfill_plan(key, (end - timedelta(hours=hours), end))
    started = time.monotonic()
    outcomes = [refresher.launch(planned) for planned in plan]
    assert all(outcome.error is None for outcome in outcomes)
    return {
        "backfill_partitions": sum(outcome.partitions for outcome in outcomes),
        "backfill_runs": len(outcomes),
        "backfill_seconds": time.monotonic() - started,
    }


if __name__ == "__main__":
    print(json.dumps(measure_size(**json.loads(sys.argv[1]))))
