"""A tick with one new hour in a warm process, at one size, and the plain statements beside it.

A tick is what ``cdp refresh`` and the schedules do, through the same ``Refresher`` with Dagster's
Postgres storage on the same server: sync, due hours, the current week, all checks. Its CPU is that
of every process of the server (source, warehouse and Dagster's storage) plus this process. Belongs
here: measuring one size. Does not: its set-up (``bench.history``).
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

from bench.history import (
    HOURLY,
    WEEKLY,
    fill_rates,
    first_week,
    land,
    make_history,
    variables,
    with_checks,
)
from bench.machine import cpu_now
from bench.scales import END, Sizes
from cdp_assets.instance import open_instance
from cdp_assets.refresh import Refresher
from cdp_assets.settings import get_settings, publish_environment
from resources.dbt_runner import DbtRunner
from resources.embedded_postgres import EmbeddedServer, create_database
from resources.servers import start_servers
from resources.warehouse import Warehouse
from simulator.dmob import append_hour, create_dmob

REFERENCE = Path(__file__).with_name("reference")
_ORDER = (
    "unified_verified_deal_hourly",
    "client_claims_hourly",
    "client_provider_distribution_weekly",
    "client_provider_distribution_weekly_acc",
    "providers_weekly",
    "providers_weekly_acc",
)


def environment(server: EmbeddedServer, sizes: Sizes, deals: int, state: Path) -> dict[str, str]:
    """Return the settings of a size; partitions are made of them when their module is imported."""
    return {
        "DATABASE_URL": server.dsn(f"warehouse_{deals}"),
        "DMOB_DATABASE_URL": server.dsn(f"dmob_{deals}"),
        "CDP_DAGSTER_DATABASE_URL": server.dsn(f"dagster_{deals}"),
        "CDP_STATE_DIR": str(state),
        "CDP_PARTITIONS_START": first_week(sizes.start(deals)).isoformat(),
    }


def measure_size(
    server: dict[str, object], sizes: dict[str, object], deals: int, is_last: bool
) -> dict[str, object]:
    """Return the figures of one size; the databases are left to the caller to drop."""
    found = EmbeddedServer(**server)  # type: ignore[arg-type]
    given = Sizes(**{**sizes, "deals": tuple(sizes["deals"])})  # type: ignore[arg-type]
    start = given.start(deals)
    figures: dict[str, object] = {"deals": deals, "weeks": (END - first_week(start)).days // 7 + 1}
    seconds = _build(found, given, deals)
    figures["build_seconds"] = seconds
    logging.disable(logging.INFO)
    figures |= _ticks(found, given, deals)
    if is_last:
        figures["reference"] = _reference(found, found.dsn(f"dmob_{deals}"), given.last_as_of)
        figures["is_equal"] = _is_equal(found, deals)
    return figures


def _build(server: EmbeddedServer, sizes: Sizes, deals: int) -> dict[str, float]:
    """Generate, land and make the history; return the seconds of each."""
    admin, seconds = server.dsn("postgres"), {}
    dmob, warehouse = server.dsn(f"dmob_{deals}"), Warehouse()
    create_database(admin, f"dmob_{deals}")
    create_database(admin, f"warehouse_{deals}", template="bench_template")
    create_database(admin, f"dagster_{deals}")
    start = sizes.start(deals)
    clock = time.monotonic()
    with psycopg.connect(dmob) as connection:
        create_dmob(connection, sizes.scale(deals))
    with psycopg.connect(dmob, autocommit=True) as connection:
        connection.execute("vacuum")
    seconds["generate"], clock = time.monotonic() - clock, time.monotonic()
    land(dmob, warehouse)
    seconds["land"], clock = time.monotonic() - clock, time.monotonic()
    fill_rates(dmob, server.dsn(f"warehouse_{deals}"), start)
    make_history(warehouse, DbtRunner(role="cdp_writer"), start)
    seconds["history"] = time.monotonic() - clock
    return seconds


def _ticks(server: EmbeddedServer, sizes: Sizes, deals: int) -> dict[str, object]:
    from cdp_assets.definitions import defs

    settings = get_settings()
    ticks: list[dict[str, float]] = []
    with open_instance(settings, start_servers(settings)) as instance:
        for number in range(1, sizes.ticks + 2):
            with psycopg.connect(server.dsn(f"dmob_{deals}")) as source:
                append_hour(source, END + timedelta(hours=number - 1), sizes.hourly_deals, number)
            as_of = END + timedelta(hours=number, minutes=5)
            ticks.append(_tick(server, defs, instance, as_of))
        as_of = sizes.last_as_of
        warm = _warm_hourly(as_of, sizes.start(deals))
        backfill = _backfill(defs, instance, as_of)
    measured = ticks[1:]
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
    """Refresh once; return CPU and wall seconds, whole and by step."""
    publish_environment({"CDP_AS_OF": as_of.isoformat()})
    begun, started = cpu_now(server), time.monotonic()
    refresher = Refresher(defs, instance, Warehouse(), as_of=as_of, user="bench")
    chosen = {
        key
        for key in refresher.select([])
        if key.path[0] == "raw_dmob" or key.path[-1] in (*HOURLY, *WEEKLY)
    }
    synced = refresher.sync_sources(chosen)
    after_sync, sync_seconds = cpu_now(server), time.monotonic() - started
    report = refresher.refresh(chosen)
    spent, seconds = cpu_now(server) - begun, time.monotonic() - started
    assert synced is not None
    runs = [synced, *report.runs]
    failed = [run for run in runs if run.error is not None]
    if failed:
        raise RuntimeError(f"{failed[0].name}: {failed[0].error}")
    figures = {
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
        figures[f"seconds_{run.name}"] = figures.get(f"seconds_{run.name}", 0.0) + run.seconds
    return figures


def _warm_hourly(as_of: datetime, start: datetime) -> float:
    """Return the seconds of dbt for the last hour: all hourly models and their checks."""
    hour = as_of.replace(minute=0) - timedelta(hours=1)
    window = variables(hour, hour + timedelta(hours=1), as_of, first_week(start))
    dbt, seconds = DbtRunner(role="cdp_writer"), []
    for _ in range(3):
        started = time.monotonic()
        results = dbt.build(Warehouse().address(), with_checks(HOURLY), window, lambda _: None)
        seconds.append(time.monotonic() - started)
        assert all(result.is_good for result in results)
    return median(seconds)


def _backfill(
    defs: dg.Definitions, instance: dg.DagsterInstance, as_of: datetime
) -> dict[str, object]:
    """Backfill 168 hours of the hourly table as the CLI does."""
    refresher = Refresher(defs, instance, Warehouse(), as_of=as_of, user="bench")
    end = as_of.replace(minute=0)
    key = dg.AssetKey(["filplus", HOURLY[0]])
    plan = refresher.backfill_plan(key, (end - timedelta(hours=168), end))
    started = time.monotonic()
    outcomes = [refresher.launch(planned) for planned in plan]
    assert all(outcome.error is None for outcome in outcomes)
    return {
        "backfill_partitions": sum(outcome.partitions for outcome in outcomes),
        "backfill_runs": len(outcomes),
        "backfill_seconds": time.monotonic() - started,
    }


def _reference(server: EmbeddedServer, dmob: str, as_of: datetime) -> dict[str, dict[str, float]]:
    """Run the plain statements over the source; return CPU and wall seconds of each.

    Each result is kept in an unlogged table, as the next statement reads it; without parallel
    workers, which would only add CPU.
    """
    figures = {}
    with psycopg.connect(dmob, autocommit=True) as connection:
        connection.execute("set max_parallel_workers_per_gather = 0")
        connection.execute("set timezone = 'UTC'")
        for name in _ORDER:
            text = (REFERENCE / f"{name}.sql").read_text(encoding="utf-8")
            query = text.replace("%(as_of)s", f"timestamptz '{as_of.isoformat()}'")
            begun, started = cpu_now(server), time.monotonic()
            connection.execute(f"create unlogged table reference.{name} as {query}")
            figures[name] = {
                "cpu": (cpu_now(server) - begun).server,
                "seconds": time.monotonic() - started,
            }
    return figures


def _is_equal(server: EmbeddedServer, deals: int) -> bool:
    """Tell whether every mart equals its reference statement, row for row."""
    with (
        psycopg.connect(server.dsn(f"dmob_{deals}")) as plain,
        psycopg.connect(server.dsn(f"warehouse_{deals}")) as made,
    ):
        return all(
            _fingerprint(plain, f"reference.{name}") == _fingerprint(made, f"filplus.{name}")
            for name in _ORDER
        )


def _fingerprint(connection: psycopg.Connection, table: str) -> tuple[object, ...] | None:
    return connection.execute(
        f"select count(*), sum(hash_record_extended(row(t.*), 0)) from {table} t"
    ).fetchone()


if __name__ == "__main__":
    print(json.dumps(measure_size(**json.loads(sys.argv[1]))))
