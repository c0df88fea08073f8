"""What runs, how new the tables are, and what is stale: for a terminal (S-02).

Only reads: nothing is started, migrated, locked or written, even if the warehouse is of an older
release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from cdp_assets import clock
from cdp_assets.settings import Settings
from cdp_assets.stack.process_status import ProcessLine
from cdp_assets.stack.status_tables import READ_ONLY, describe_tables
from resources.postgres.database_urls import addresses, embedded


def describe(
    settings: Settings,
    processes: Sequence[ProcessLine],
    *,
    with_stale: bool = False,
    with_alerts: bool = False,
) -> Iterator[str]:
    """Yield one line per process, cadence, source and rule with open alerts.

    Args:
        settings: Whose state folder.
        processes: From ``describe_processes``.
        with_stale: Also a line per asset with stale partitions: loads the definitions, which takes
            seconds.
        with_alerts: Every open alert instead of one line per rule.
    """
    yield f"clock        {clock.now():%Y-%m-%d %H:%M} UTC" + (" (pinned)" if settings.as_of else "")
    yield from (line.text for line in processes)
    disk = psutil.disk_usage(str(settings.state_dir.parent))
    yield f"disk         {disk.free / 1024**3:.1f} GiB free"
    if settings.database_url is None and not embedded(settings).is_running():
        yield "tables       the database is not running: `cdp up`"
        return
    yield from describe_tables(settings, with_alerts=with_alerts)
    if with_stale:
        yield from _stale(settings)
    else:
        yield "stale        `cdp status --stale` lists what is stale"


def _stale(settings: Settings) -> Iterator[str]:
    from cdp_assets.cli.cli_session import load_definitions
    from cdp_assets.core.planning.configured_sources import (
        built_on_nothing,
        missing_settings,
        skipped_lines,  # importing these takes seconds, and only this needs them
    )
    from cdp_assets.core.planning.planner import stale_counts
    from resources.dbt_runner import make_manifest
    from resources.postgres.warehouse import Warehouse

    make_manifest()
    graph = load_definitions().resolve_asset_graph()
    warehouse = Warehouse(url=make_conninfo(addresses(settings).warehouse, options=READ_ONLY))
    chosen = set(graph.materializable_asset_keys)
    chosen -= missing_settings(graph, chosen, settings).keys()
    try:
        with warehouse.connect(autocommit=True, application="cdp status") as connection:
            skipped = built_on_nothing(connection, graph, chosen)
        stale = stale_counts(graph, warehouse, chosen - skipped.keys(), clock.now())
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        yield "stale        unknown: the warehouse is of another release, `cdp migrate`"
        return
    for asset, reasons in stale.items():
        text = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        yield f"stale        {asset}: {text}"
    if not stale:
        yield "stale        nothing"
    for line in skipped_lines(skipped):
        yield f"stale        {line}"
