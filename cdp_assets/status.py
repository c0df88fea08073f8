"""What runs, how new the tables are, and what is due: for a terminal (S-02)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil

from cdp_assets import alerts, clock
from cdp_assets.services import Supervisor
from cdp_assets.settings import Settings
from resources.servers import embedded

if TYPE_CHECKING:
    import dagster as dg  # costs seconds, and is not needed where no database runs

_NEWEST = """
select c.cadence, max(s.window_start), count(*) filter (where s.error_code is not null)
from ops.asset_catalog c
join ops.asset_partition_status s using (asset_key)
where s.state = 'MATERIALIZED' and s.window_start is not null
group by c.cadence
order by c.cadence
"""


def describe(settings: Settings) -> Iterator[str]:
    """Yield one line per process, cadence, source, alert and group of due partitions."""
    yield f"clock        {clock.now():%Y-%m-%d %H:%M} UTC" + (" (pinned)" if settings.as_of else "")
    yield from _processes(settings)
    disk = psutil.disk_usage(str(settings.state_dir.parent))
    yield f"disk         {disk.free / 1024**3:.1f} GiB free"
    if settings.database_url is None and not embedded(settings).is_running():
        yield "tables       the database is not running: `cdp up`"
        return
    yield from _tables(settings)


def _processes(settings: Settings) -> Iterator[str]:
    running = Supervisor(settings).running()
    if settings.database_url is None:
        server = embedded(settings)
        found = server.find()
        state = f"port {found.port}" if found and server.is_running() else "not running"
        yield f"postgres     {state}"
    for service in running:
        process = service.process()
        if process is None:
            continue
        began = datetime.fromtimestamp(process.create_time(), UTC)
        age = (clock.wall_clock() - began).total_seconds()
        port = f"port {service.port}" if service.port else "no port"
        memory = process.memory_info().rss / 1024**2
        yield f"{service.name:<12} pid {process.pid}, {port}, {age / 60:.0f} min, {memory:.0f} MiB"
    if not running:
        yield "services     none runs: `cdp up`"


def _tables(settings: Settings) -> Iterator[str]:
    from cdp_assets.session import open_session

    lines: list[str] = []
    with open_session(settings, user="status", say=lines.append) as session:
        yield _queue(session.refresher.instance)
        with session.refresher.warehouse.connect(autocommit=True) as connection:
            for cadence, newest, failed in connection.execute(_NEWEST):
                yield f"{cadence:<12} newest good {newest:%Y-%m-%d %H:%M}, {failed} with an error"
            for source, ok, success, error in connection.execute(
                "select source, ok, last_success_at, error_message from ops.source_health "
                "order by source"
            ):
                when = f"{success:%Y-%m-%d %H:%M}" if success else "never"
                yield f"source       {source}: {'ok' if ok else error}, last success {when}"
            for line in alerts.describe_open(connection):
                yield f"alert        {line}"
        due = session.refresher.due(session.refresher.select([]))
        for asset, reasons in due.items():
            text = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
            yield f"due          {asset}: {text}"
        if not due:
            yield "due          nothing"


def _queue(instance: dg.DagsterInstance) -> str:
    import dagster as dg

    def count(*statuses: dg.DagsterRunStatus) -> int:
        return instance.get_runs_count(dg.RunsFilter(statuses=list(statuses)))

    queued = count(dg.DagsterRunStatus.QUEUED)
    running = count(dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)
    return f"runs         {queued} queued, {running} running"
