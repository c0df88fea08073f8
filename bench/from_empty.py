"""28 months from an empty warehouse, as ``cdp refresh`` loads them, with autovacuum off and on.

If autovacuum is off or a minute late, the rows of a load are not analyzed in time. A query that
then takes ten times as long had a good plan only by luck. Afterwards: ``cdp refresh`` with nothing
new and ``cdp status``, each in a process of its own. Not here: the same tables below the runs,
which are the floor (``bench.history``), or the text of the report (``bench.from_empty_report``).
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.history import build_history, land
from bench.machine import load_average, log_progress
from bench.scales import Sizes, first_week
from cdp_assets.cli.cli_session import open_session
from cdp_assets.core.planning.domain_plan import RunOutcome
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.settings import get_settings, publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer, create_database
from resources.postgres.warehouse import Warehouse
from simulator.dmob.database import DmobScale, create_dmob

# A Thursday, so that half of the current week has data.
END = datetime(2026, 6, 18, 12, tzinfo=UTC)
_ROUNDS = 3
# Not chains, whose cost does not depend on this history, nor reports: they are a part of their own.
_SELECTED = (
    "tag:domain=filplus and not (group:filplus_reports or group:filplus_scores) "
    'or key:"filplus/compliance_alerts"'
)
_PLANNED = re.compile(r"planned in ([0-9.]+) s")
# Seconds that the models and our own SQL recorded in their runs, over all runs of the load.
_TABLES = """
select asset_key, sum(coalesce(read_seconds, 0) + coalesce(write_seconds, 0))::float8,
    coalesce(sum(rows_written), 0)::bigint
from ops.runs
group by asset_key
"""


def start_of(sizes: Sizes) -> datetime:
    """Return the Monday with which the history begins."""
    return first_week(END) - timedelta(weeks=sizes.history_weeks)


def environment(server: EmbeddedServer, sizes: Sizes, name: str, state: Path) -> dict[str, str]:
    """Return the settings of one load."""
    return {
        "DATABASE_URL": server.dsn(f"warehouse_{name}"),
        "DMOB_DATABASE_URL": server.dsn("dmob_history"),
        "CDP_DAGSTER_DATABASE_URL": server.dsn(f"dagster_{name}"),
        "CDP_STATE_DIR": str(state),
        "CDP_PARTITIONS_START": start_of(sizes).isoformat(),
        "CDP_AS_OF": END.isoformat(),
        # The sources are simulated: the rate limits for real ones would take most of the time.
        "CDP_SOURCE_REQUESTS_PER_SECOND": "10000",
        "CDP_GITHUB_REQUESTS_PER_SECOND": "10000",
    }


def make_source(server: EmbeddedServer, sizes: Sizes) -> None:
    """Create the source that every load reads."""
    create_database(server.dsn("postgres"), "dmob_history")
    scale = DmobScale(
        deals=sizes.history_deals,
        clients=sizes.clients,
        providers=sizes.providers,
        allocators=sizes.allocators,
        start=start_of(sizes),
        end=END,
        seed=1,
        dirt=True,
        pairs=sizes.pairs,
    )
    with psycopg.connect(server.dsn("dmob_history")) as connection:
        create_dmob(connection, scale)


def measure_load(server: dict[str, Any], sizes: dict[str, Any], template: str, name: str) -> object:
    """Load into fresh databases and return seconds and rows; ``name`` is off, on or floor.

    ``off`` loads with autovacuum switched off on the whole server, Dagster's storage included.
    """
    found = EmbeddedServer(**server)
    given = Sizes(**{**sizes, "deals": tuple(sizes["deals"])})
    admin = found.dsn("postgres")
    create_database(admin, f"warehouse_{name}", template=template)
    create_database(admin, f"dagster_{name}")
    with psycopg.connect(admin, autocommit=True) as connection:
        setting = b"off" if name == "off" else b"on"
        connection.execute(b"alter system set autovacuum = " + setting)
        connection.execute("select pg_reload_conf()")
    publish_environment({"CDP_AS_OF": END.isoformat()})
    if name == "floor":
        return _floor(found, start_of(given))
    logging.disable(logging.INFO)
    with _daily_sources():
        metrics = {**_load(), "load": load_average()}
        log_progress(f"autovacuum {name}: {metrics['seconds']:.0f} s")
        return {**metrics, **_after()}


@contextmanager
def _daily_sources() -> Iterator[None]:
    """Serve the sources that every deployment has beside the database, in a process of its own."""
    arguments = [sys.executable, "-m", "simulator", "--as-of", END.isoformat()]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None
        url = simulator.stdout.readline().strip()
        names = {
            "CDP_URL_FINDER_API_URL": "url-finder",
            "CDP_FILSPARK_API_URL": "filspark",
            "CDP_GITHUB_API_URL": "github",
        }
        publish_environment({name: f"{url}/{path}" for name, path in names.items()})
        try:
            yield
        finally:
            simulator.terminate()


def _floor(server: EmbeddedServer, start: datetime) -> dict[str, object]:
    """Build the deal tables of the same history below the runs, each over one range."""
    began = time.monotonic()
    warehouse = Warehouse()
    land(server.dsn("dmob_history"), warehouse, END)
    landed = time.monotonic() - began
    steps = build_history(server, warehouse, start, END)
    seconds = {name: step["seconds"] for name, step in steps.items()}
    return {"landed": landed, "steps": seconds}


def _load() -> dict[str, object]:
    """Refresh an empty warehouse; return seconds, by function and by table."""
    began = time.monotonic()
    with open_session(get_settings(), user="bench", say=lambda _: None) as session:
        report = session.refresh([_SELECTED], None)
        seconds = time.monotonic() - began
        if report.failed:
            raise RuntimeError(f"{report.failed[0].name}: {report.failed[0].error}")
        with session.refresher.warehouse.connect(autocommit=True) as connection:
            tables = {key: (taken, rows) for key, taken, rows in connection.execute(_TABLES)}
        return {
            "seconds": seconds,
            "planning_seconds": report.planning_seconds,
            "steps": _steps(session.refresher, report.runs, tables),
            "tables": tables,
        }


def _steps(
    refresher: Refresher, runs: list[RunOutcome], tables: dict[str, tuple[float, int]]
) -> dict[str, dict[str, float]]:
    """Return seconds, runs, partitions and rows written by function."""
    rows: dict[str, int] = defaultdict(int)
    for key, (_, written) in tables.items():
        node = next(k for k in refresher.graph.get_all_asset_keys() if k.to_user_string() == key)
        rows[refresher.graph.get(node).assets_def.op.name] += written
    steps: dict[str, dict[str, float]] = {}
    for run in runs:
        step = steps.setdefault(
            run.name, {"seconds": 0, "runs": 0, "partitions": 0, "rows": rows.get(run.name, 0)}
        )
        step["seconds"] += run.seconds
        step["runs"] += 1
        step["partitions"] += run.partitions
    return steps


def _after() -> dict[str, object]:
    """Measure the commands over the loaded warehouse, each in a process of its own."""
    refreshed = [_command("refresh", "--select", _SELECTED) for _ in range(_ROUNDS)]
    planned = [float(found[1]) for _, text in refreshed if (found := _PLANNED.search(text))]
    return {
        "refresh_seconds": median(seconds for seconds, _ in refreshed),
        "refresh_planning_seconds": median(planned),
        "refresh_runs": refreshed[-1][1].strip().splitlines()[-1],
        "status_seconds": median(_command("status")[0] for _ in range(_ROUNDS)),
        "status_stale_seconds": _command("status", "--stale")[0],
        "import_seconds": median(
            _timed(["-c", "import cdp_assets.definitions"])[0] for _ in range(_ROUNDS)
        ),
    }


def _command(*arguments: str) -> tuple[float, str]:
    return _timed(["-c", "from cdp_assets.cli.app import main; main()", *arguments])


def _timed(arguments: list[str]) -> tuple[float, str]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return time.monotonic() - began, done.stdout


if __name__ == "__main__":
    print(json.dumps(measure_load(**json.loads(sys.argv[1]))))
