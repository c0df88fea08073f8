"""How new the tables are and what failed, for ``cdp status``, from the databases alone.

Plain statements over the ops tables, without Dagster and dbt, whose import takes seconds. Scope:
lines about tables, sources, alerts and queued runs; not here: processes
(``cdp_assets.stack.process_status``), or stale partitions (``cdp_assets.core.planning.staleness``).
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from cdp_assets.core.checks import alerts
from cdp_assets.errors import TransientFailure
from cdp_assets.settings import Settings
from resources.postgres.database_urls import addresses, measured

READ_ONLY = "-c default_transaction_read_only=on -c timezone=UTC -c statement_timeout=60s"
# A failed check sets the state; a failed attempt sets only the error: the good rows stay.
_CADENCES = """
select
    c.cadence,
    max(coalesce(s.window_start, s.as_of)) filter (where s.state = 'MATERIALIZED') as newest,
    count(*) filter (where s.state = 'CHECK_FAILED') as check_failed,
    count(*) filter (
        where s.state = 'FAILED' or (s.error_code is not null and s.state <> 'CHECK_FAILED')
    ) as failed
from ops.asset_catalog c
join ops.asset_partition_status s using (asset_key)
group by c.cadence
order by c.cadence
"""
_SOURCES = (
    "select source, ok, last_success_at, error_message from ops.source_health order by source"
)
# From Dagster's own storage: its client takes seconds to import.
_RUNS = """
select
    count(*) filter (where status = 'QUEUED'),
    count(*) filter (where status in ('STARTING', 'STARTED'))
from runs
where status in ('QUEUED', 'STARTING', 'STARTED')
"""


def describe_tables(settings: Settings, *, with_alerts: bool = False) -> Iterator[str]:
    """Yield a line about runs, one per cadence and source, and one per rule that is broken.

    Args:
        settings: Where the databases are.
        with_alerts: Every open alert with its message instead of one line per rule.

    Raises:
        TransientFailure: A configured database does not respond; the variable is named.
    """
    for _, outcome in measured(settings):
        if isinstance(outcome, TransientFailure):
            raise outcome
    found = addresses(settings)
    yield _runs(found.dagster)
    with psycopg.connect(found.warehouse, options=READ_ONLY, connect_timeout=10) as connection:
        if not _is_migrated(connection):
            yield "tables       none: the warehouse is not migrated, `cdp migrate` or `cdp refresh`"
            return
        for cadence, newest, check_failed, failed in connection.execute(_CADENCES):
            good = f"newest good {newest:%Y-%m-%d %H:%M}" if newest else "none is good"
            yield f"{cadence:<12} {good}, {failed} failed, {check_failed} with a failed check"
        for source, ok, success, error in connection.execute(_SOURCES):
            when = f"{success:%Y-%m-%d %H:%M}" if success else "never"
            yield f"source       {source}: {'ok' if ok else error}, last success {when}"
        describe = alerts.describe_open if with_alerts else alerts.describe_rules
        for line in describe(connection):
            yield f"alert        {line}"


def _is_migrated(connection: psycopg.Connection) -> bool:
    row = connection.execute("select to_regclass('ops.alerts') is not null").fetchone()
    return row == (True,)


def _runs(storage: str) -> str:
    try:
        with psycopg.connect(storage, options=READ_ONLY, connect_timeout=10) as connection:
            queued, running = connection.execute(_RUNS).fetchone() or (0, 0)
    except psycopg.errors.UndefinedTable:
        queued = running = 0  # no instance was ever opened
    return f"runs         {queued} queued, {running} running"
