"""The text at the end of a demo: the tables, where to look, what to try next (F-04)."""

from __future__ import annotations

from collections import Counter

import dagster as dg
import httpx
import psycopg

from cdp_assets.cli.cli_session import Session
from cdp_assets.core.planning.planner import RefreshReport
from cdp_assets.demo.findings import findings
from cdp_assets.quality.check_homes import TABLE
from cdp_assets.settings import Settings
from resources.local.state_files import write_file
from resources.postgres.database_urls import embedded
from resources.postgres.warehouse import Warehouse

_STATISTICS = """
select s.asset_key, count(*) filter (where s.version is not null), sum(s.row_count),
    (select sum(extract(epoch from r.finished_at - r.started_at)) from ops.runs r
     where r.asset_key = s.asset_key)
from ops.asset_partition_status s
group by s.asset_key
order by s.asset_key
"""


def print_summary(
    settings: Settings, session: Session, report: RefreshReport, *, is_again: bool, is_served: bool
) -> None:
    """Print it."""
    with Warehouse().connect(autocommit=True) as connection:
        _print_assets(connection, session)
        print("\nWhat the tables show of the simulated world")
        print("\n".join(findings(connection)))
    print()
    if is_again and not report.failed:
        print("Everything was there and is up to date.")
    for run in report.failed:
        print(f"FAILED  {run.name} {run.first}..{run.last}: {run.error}")
    if is_served:
        _print_addresses(settings)
    _print_next_steps()


def _check_counts(session: Session) -> dict[str, Counter[str]]:
    """Return passed, failed and warning checks per table, by their newest evaluation.

    A daily check belongs to an asset of its own and counts for the table that it is about.
    """
    instance, graph = session.refresher.instance, session.refresher.graph
    counts: dict[str, Counter[str]] = {}
    keys = sorted(graph.asset_check_keys)
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    for key, record in latest.items():
        evaluation = record.event.asset_check_evaluation if record.event else None
        if evaluation is None:
            continue
        word = "passed"
        if not evaluation.passed:
            is_warning = evaluation.severity == dg.AssetCheckSeverity.WARN
            word = "warning" if is_warning else "failed"
        about = evaluation.metadata.get(TABLE)
        table = about.value if isinstance(about, dg.DagsterAssetMetadataValue) else key.asset_key
        counts.setdefault(table.to_user_string(), Counter())[word] += 1
    return counts


def _print_assets(connection: psycopg.Connection, session: Session) -> None:
    """Print a line per asset; ops also records terms of agreements, which are none."""
    checks = _check_counts(session)
    assets = {key.to_user_string() for key in session.refresher.graph.get_all_asset_keys()}
    print(f"\n{'asset':<62} {'partitions':>10} {'rows':>10} {'checks':>24} {'seconds':>8}")
    total = sum(checks.values(), Counter[str]())
    for key, partitions, rows, seconds in connection.execute(_STATISTICS):
        if key not in assets:
            continue
        found = checks.get(key, Counter())
        text = ", ".join(f"{found[w]} {w}" for w in ("passed", "warning", "failed") if found[w])
        print(f"{key:<62} {partitions:>10,} {rows or 0:>10,} {text:>24} {seconds or 0:>8.1f}")
    print(
        f"checks: {total['passed']} passed, {total['warning']} with a warning, "
        f"{total['failed']} failed"
    )


def _print_addresses(settings: Settings) -> None:
    base = f"http://127.0.0.1:{settings.query_port}"
    print(f"Dagster UI   http://127.0.0.1:{settings.ui_port}")
    metrics = f"http://127.0.0.1:{settings.query_metrics_port}/metrics"
    print(f"query layer  {base}/docs     pages  {base}/pages     metrics  {metrics}")
    server = embedded(settings).find()
    if server is not None:
        passwords = settings.state_dir / "pgpass"
        write_file(
            passwords, f"127.0.0.1:{server.port}:warehouse:api_ro:{server.api_ro_password}\n"
        )
        print(
            f"psql         PGPASSFILE={passwords} psql -h 127.0.0.1 -p {server.port} -U api_ro "
            "warehouse -c 'select * from api_v1.providers_weekly order by week desc, "
            "total_deal_size desc limit 5'"
        )
    url = f"{base}/v1/storage-providers?limit=1&sort=-total_deal_size"
    print(f"curl         curl '{url}'")
    try:
        print(f"             {httpx.get(url, timeout=10).text}")
    except httpx.HTTPError as error:
        print(f"             no response ({type(error).__name__}): cdp status shows why")


def _print_next_steps() -> None:
    print(
        """
Try next
  1. cdp status --stale                   deals arrived late: see which hours and weeks are stale
  2. cdp refresh                          rebuild them, closed weeks included
  3. open the UI, asset filplus/providers_weekly_acc, and look at its partitions and checks
  4. cdp backfill filplus/client_claims_hourly --from 2026-08-03 --to 2026-08-10 --dry-run
  5. docs/tutorials/first-hour.md         break data, see the failed check, fix it, query it
cdp is .venv/bin/cdp; make down ends everything, make clean CONFIRM=yes deletes it."""
    )
