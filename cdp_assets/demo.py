"""The demo: from an empty machine to checked tables over a simulated world, with one command.

Six weeks ending at a pinned clock, the same on every machine. What it made is written down in the
state folder, so that the other commands then speak of the same world. Belongs here: the steps and
their sizes. Does not: how a step works, or the summary's text (``cdp_assets.demo_summary``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import httpx
import psycopg
from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration
from cdp_assets.services import Service, Supervisor, simulator_service
from cdp_assets.settings import (
    Settings,
    adopt_environment,
    get_settings,
    publish_environment,
    variable_name,
)
from resources.embedded_postgres import create_database
from resources.servers import start_servers, with_database

Say = Callable[[str], None]

AS_OF = datetime(2026, 8, 14, 12, tzinfo=UTC)  # a Friday noon, so the running week has four days
START = datetime(2026, 7, 6, tzinfo=UTC)  # a Monday: five whole weeks and the running one
SEED = 20
CLIENTS, PROVIDERS, ALLOCATORS = 60, 45, 12
LATE_DEALS = 12  # arrive after the tables were made, so that `status` has something to show
_OBSERVED_DAYS = tuple(
    date(2026, 7, 12) + timedelta(days=7 * week) for week in range(5)
)  # the Sunday of each whole week: its rate is the week's (compliance §3.9)
# A validator runs under two identities in this period; the second shows near its end.
_OBSERVED_PERIOD = (
    datetime(2026, 8, 9, 2, tzinfo=UTC),
    datetime(2026, 8, 10, 22, tzinfo=UTC),
)
_STEPS = 8
_RECORD = "demo.json"
_SOURCES = (
    "dmob_database_url", "url_finder_api_url", "lotus_rpc_url", "cid_contact_url", "ipinfo_url",
    "filscan_api_url", "filspark_api_url", "solana_rpc_url", "jito_kobe_url", "github_api_url",
    "edition5_source",
)  # fmt: skip


def adopt_demo(settings: Settings) -> bool:
    """Take the demo's settings for variables that are not set; tell whether there is a demo."""
    record = _record(settings)
    source = settings.dmob_database_url
    if source is not None and source.get_secret_value() != record.get("DMOB_DATABASE_URL"):
        return False
    adopt_environment(record)
    return bool(record)


def _record(settings: Settings) -> dict[str, str]:
    """Return what the demo of this state folder wrote down; empty when there is none."""
    path = settings.state_dir / _RECORD
    return dict(json.loads(path.read_text())) if path.exists() else {}


def world_services(settings: Settings) -> list[Service]:
    """Return the simulated sources where the settings are a demo's, else none."""
    if not adopt_demo(settings) or settings.as_of is None:
        return []
    return [simulator_service(settings, settings.as_of.isoformat(), SEED)]


def start_world(settings: Settings, say: Say) -> None:
    """Start the simulated sources where the settings are a demo's and they do not run.

    Raises:
        BadConfiguration: Their port is taken.
    """
    Supervisor(settings).start(world_services(settings), say)


def run_demo(*, deals: int, serve: bool, say: Say) -> int:
    """Run every step; return the exit code: 1 when a run failed.

    A second demo finds what is there and brings it up to date. A demo that breaks off, also by
    Ctrl-C, ends what it started and leaves what ran before.
    """
    from cdp_assets.stack import ended_on_failure

    with ended_on_failure(get_settings()):
        return _run_steps(deals=deals, serve=serve, say=say)


def _run_steps(*, deals: int, serve: bool, say: Say) -> int:
    settings = get_settings()
    _step(say, 1, "checking the machine")
    _require_fit_machine(settings)
    _require_simulated_sources(settings)
    is_again = adopt_demo(settings)
    if not is_again:
        _require_unused_warehouse(settings)
    _step(say, 2, "starting Postgres")
    dmob = _prepare_source_database(settings)
    if not is_again:
        _write_down(settings, dmob)
    settings = get_settings()
    assert settings.as_of is not None

    _step(say, 3, "the simulated outside world: source database, URL finder, Solana node")
    is_new = _fill_source(dmob, deals, say)
    start_world(settings, say)

    from cdp_assets.session import open_session
    from cdp_assets.stack import start_stack

    _step(say, 4, "migrations, tables and views")
    with open_session(settings, user="demo", say=say) as session:
        from cdp_assets.demo_steps import observe_periods, observe_weeks, publish_catalog

        publish_catalog(session)
        _step(say, 5, "landing the source, and observations of days and periods as they passed")
        synced = session.refresher.sync_sources(session.refresher.select([]))
        observed = observe_weeks(settings, _OBSERVED_DAYS, say)
        if is_new:
            observed += observe_periods(settings, _OBSERVED_PERIOD, say)
        _step(say, 6, "making every table that is due, through Dagster runs")
        report = session.refresh([], None, sync=False)
        report.runs = [*([synced] if synced else []), *observed, *report.runs]
        if is_new:
            report.runs.append(session.refresher.check_quality())
            _step(say, 7, f"{LATE_DEALS} deals arrive late; `cdp status` names what they touch")
            _arrive_late(dmob)
            report.runs += filter(
                None, [session.refresher.sync_sources(session.refresher.select([]))]
            )
        if serve:
            _step(say, 8, "serving the Dagster UI and the query layer")
            start_stack(settings, say, is_first=False)
        from cdp_assets.demo_summary import print_summary

        print_summary(settings, session, report, is_again=not is_new, is_served=serve)
    return 1 if report.failed else 0


def make_source(
    settings: Settings,
    *,
    database: str,
    deals: int,
    clients: int,
    providers: int,
    start: datetime,
    end: datetime,
    seed: int,
    say: Say,
) -> str:
    """Create a simulated source database on the warehouse's server; return its address."""
    from simulator.dmob import create_dmob
    from simulator.scale import DmobScale

    found = start_servers(settings)
    dsn = with_database(found.warehouse, database)
    create_database(found.warehouse, database)
    scale = DmobScale(
        deals=deals, clients=clients, providers=providers,
        allocators=max(8, clients // 5), start=start, end=end, seed=seed,
    )  # fmt: skip
    with psycopg.connect(dsn) as connection:
        create_dmob(
            connection, scale,
            lambda stage, done, total: say(f"{stage}: {done:,} of {total:,}"),
        )  # fmt: skip
    return dsn


def _step(say: Say, number: int, what: str) -> None:
    say(f"[{number}/{_STEPS}] {what}")


def _require_fit_machine(settings: Settings) -> None:
    from cdp_assets.doctor import examine

    bad = [finding for finding in examine(settings) if not finding.is_good]
    needed = [finding for finding in bad if "manifest" not in finding.what]
    if needed:
        raise BadConfiguration(
            "; ".join(f"{finding.what}: {finding.advice}" for finding in needed),
            hint="`cdp doctor` runs the same checks",
        )


def _require_simulated_sources(settings: Settings) -> None:
    """Refuse to mix rows of a real source into the demo, or simulated ones into a real source."""
    record = _record(settings)
    for field in _SOURCES:
        value = getattr(settings, field)
        address = value.get_secret_value() if isinstance(value, SecretStr) else value
        if address is not None and address != record.get(variable_name(field)):
            raise BadConfiguration(
                "the demo simulates its sources, and this names another one",
                key=variable_name(field),
                hint="unset it for the demo; `cdp refresh` reads the source that it names",
            )


def _require_unused_warehouse(settings: Settings) -> None:
    if settings.database_url is None:
        return
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        row = connection.execute("select to_regclass('ops.asset_version') is not null").fetchone()
        if row == (True,) and connection.execute("select from ops.asset_version limit 1").rowcount:
            raise BadConfiguration(
                "the warehouse holds tables that no demo of this state folder made",
                key="DATABASE_URL",
                hint="name an empty database, or unset it for a server of the demo's own",
            )


def _prepare_source_database(settings: Settings) -> str:
    found = start_servers(settings)
    create_database(found.warehouse, "dmob")
    return found.dmob or with_database(found.warehouse, "dmob")


def _write_down(settings: Settings, dmob: str) -> None:
    world = f"http://127.0.0.1:{settings.simulator_port}"
    values = {
        "DMOB_DATABASE_URL": dmob,
        "CDP_AS_OF": AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "CDP_PARTITIONS_START": START.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "CDP_URL_FINDER_API_URL": f"{world}/url-finder",
        "CDP_URL_FINDER_PAIRS_PER_DAY": "300",
        "CDP_LOTUS_RPC_URL": f"{world}/lotus/v1",
        "CDP_CID_CONTACT_URL": f"{world}/cid-contact",
        "CDP_IPINFO_URL": f"{world}/ipinfo",
        "CDP_FILSCAN_API_URL": f"{world}/filscan",
        "CDP_FILSPARK_API_URL": f"{world}/filspark",
        "CDP_SOURCE_REQUESTS_PER_SECOND": "1000",
        "CDP_SOLANA_RPC_URL": f"{world}/solana",
        "CDP_JITO_KOBE_URL": f"{world}/kobe",
        "CDP_GITHUB_API_URL": f"{world}/github",
        "CDP_EDITION5_SOURCE": f"{world}/edition5",
    }
    record = settings.state_dir / _RECORD
    record.touch(mode=0o600)
    record.write_text(json.dumps(values, indent=1))
    publish_environment(values)


def _fill_source(dmob: str, deals: int, say: Say) -> bool:
    """Fill the source database unless it was filled before; tell whether it was filled now."""
    from simulator.dmob import create_dmob, dmob_scale
    from simulator.scale import DmobScale

    scale = DmobScale(
        deals=deals, clients=CLIENTS, providers=PROVIDERS, allocators=ALLOCATORS,
        start=START, end=AS_OF, seed=SEED,
    )  # fmt: skip
    with psycopg.connect(dmob) as connection:
        if dmob_scale(connection) is not None:
            return False
        create_dmob(
            connection, scale,
            lambda stage, done, total: say(f"      {stage}: {done:,} of {total:,}"),
        )  # fmt: skip
    return True


def _arrive_late(dmob: str) -> None:
    from simulator.mutations import mutate

    with psycopg.connect(dmob) as connection:
        mutate(connection, SEED, late=LATE_DEALS)


def set_simulated_clock(settings: Settings, instant: datetime) -> None:
    """Set the clock of the simulated world."""
    url = f"http://127.0.0.1:{settings.simulator_port}/control/clock"
    httpx.post(url, json={"now": instant.isoformat()}, timeout=10).raise_for_status()
