"""The demo: from an empty machine to checked tables over a simulated world, with one command.

Six weeks ending at a pinned clock, the same on every machine. Scope: the steps and their sizes;
not here: where its sources are (``cdp_assets.demo.world``), how a step works, or the summary's text
(``cdp_assets.demo.summary``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
from pydantic import SecretStr

from cdp_assets.demo.source import release_source
from cdp_assets.demo.world import (
    AS_OF,
    SEED,
    SOURCE_DATABASE,
    START,
    adopt_demo,
    demo_environment,
    has_demo,
    has_observed_periods,
    is_complete,
    prices_file,
    require_warehouse_of_demo,
    rules_file,
    server_of_source,
    start_world,
    write_demo_record,
)
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, variable_name
from cdp_assets.stack.process_list import simulator_service
from resources.local.state_files import locked, require_unlocked
from resources.postgres.database_urls import start_servers, with_database
from resources.postgres.embedded_postgres import create_database

Say = Callable[[str], None]

CLIENTS, PROVIDERS, ALLOCATORS = 60, 45, 12
LATE_DEALS = 12  # arrive after the tables were built, so that `status` has something to show
# The Sunday of each full week: the day of its reports; its rate is the week's (compliance §3.9).
_REPORT_DAYS = tuple(date(2026, 7, 12) + timedelta(days=7 * week) for week in range(5))
# A validator runs under two identities in this period; the second shows near its end.
_OBSERVED_PERIOD = (
    datetime(2026, 8, 9, 2, tzinfo=UTC),
    datetime(2026, 8, 10, 22, tzinfo=UTC),
)
_STEPS = 8
_SOURCES = (
    "dmob_database_url",
    "url_finder_api_url",
    "lotus_rpc_url",
    "cid_contact_url",
    "ipinfo_url",
    "filscan_api_url",
    "filspark_api_url",
    "solana_rpc_url",
    "jito_kobe_url",
    "beacon_api_url",
    "ethereum_rpc_url",
    "mev_relay_urls",
    "beaconchain_url",
    "github_api_url",
    "edition5_source",
    "fx_source",
)


def run_demo(*, deals: int, serve: bool, say: Say) -> int:
    """Run every step; return the exit code: 1 when a run failed.

    A second demo updates the tables of the first; after an incomplete one, the next repeats all
    steps. A demo that fails or is stopped by Ctrl-C ends the processes that it started, and no
    others.

    Raises:
        BadConfiguration: Another demo runs on this state folder, or the machine is unfit.
    """
    from cdp_assets.stack.lifecycle import DEMO_LOCK, ended_on_failure

    settings = get_settings()
    lock, refusal = settings.state_dir / DEMO_LOCK, "another `cdp demo` is running here"
    require_unlocked(lock, refusal=refusal)
    require_warehouse_of_demo(settings)
    _require_simulated_sources(settings)
    _step(say, 1, "checking the machine")
    _require_fit_machine(settings)
    with locked(lock, refusal=refusal), ended_on_failure(settings):
        return _run_steps(deals=deals, serve=serve, say=say)


def _run_steps(*, deals: int, serve: bool, say: Say) -> int:
    from cdp_assets.demo.prices import write_prices
    from cdp_assets.demo.rules import write_rules

    settings = get_settings()
    if not has_demo(settings):
        _require_unused_warehouse(settings)
    is_new = not is_complete(settings)
    _step(say, 2, "starting Postgres")
    dmob = _prepare_source_database(settings)
    has_observed = has_observed_periods(settings)
    if is_new:
        write_demo_record(settings, is_complete=False, has_observed=has_observed)
        write_rules(rules_file(settings))
        write_prices(prices_file(settings), AS_OF)
    adopt_demo(settings)
    settings = get_settings()
    assert settings.as_of is not None

    _step(say, 3, "the simulated outside world: source database, URL finder, Solana node")
    _fill_source(dmob, deals, say)
    start_world(settings, say)

    from cdp_assets.cli.cli_session import open_session
    from cdp_assets.stack.lifecycle import start_stack

    _step(say, 4, "migrations, tables and views")
    with open_session(settings, user="demo", say=say) as session:
        from cdp_assets.demo.partners import draft_open_month
        from cdp_assets.demo.steps import (
            AUDIT_VERIFICATION,
            fetch_fees_again,
            observe_periods,
            refresh_chains,
            run_report_days,
            sync_source,
        )

        _step(say, 5, "landing the source, then reports, observations and payments of past days")
        observed = run_report_days(settings, dmob, _REPORT_DAYS, say)
        release_source(dmob)
        synced = sync_source(session.refresher)
        if is_new and not has_observed:
            observed += observe_periods(settings, _OBSERVED_PERIOD, say)
            write_demo_record(settings, is_complete=False)
        if is_new:
            observed += fetch_fees_again(session.refresher)
        _step(say, 6, "building every table that is stale, through Dagster runs")
        report = session.refresh([], None, sync=False)
        report.runs = [*synced, *observed, *report.runs]
        if is_new:
            draft_open_month(session.refresher, say)
            report.runs += refresh_chains(session.refresher)
            report.runs.append(session.refresher.run_checks_of_jobs("daily checks"))
            report.runs.append(session.refresher.launch(AUDIT_VERIFICATION))
            _step(say, 7, f"{LATE_DEALS} deals arrive late: `cdp status --stale` lists their hours")
            _arrive_late_once(dmob)
            report.runs += sync_source(session.refresher)
        if serve:
            _step(say, 8, "serving the Dagster UI and the query layer")
            start_stack(settings, say, is_first=False)
        if not report.failed:
            write_demo_record(settings, is_complete=True)
        from cdp_assets.demo.summary import print_summary

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
    """Create a simulated source database on the warehouse's server; return its address.

    Raises:
        BadConfiguration: No source has these sizes and dates, or the database is not for sources.
    """
    from simulator.dmob.database import create_dmob
    from simulator.dmob.scale import DmobScale

    found = start_servers(settings)
    dsn = with_database(found.warehouse, database)
    if dsn in (found.warehouse, found.dagster):
        raise BadConfiguration(
            "the database holds tables of ours and cannot be a source",
            key=database,
            hint="name another database; it is created if it does not exist",
        )
    try:
        scale = DmobScale(
            deals=deals,
            clients=clients,
            providers=providers,
            allocators=max(8, clients // 5),
            start=start,
            end=end,
            seed=seed,
        )
        create_database(found.warehouse, database)
        with psycopg.connect(dsn) as connection:
            create_dmob(
                connection,
                scale,
                lambda stage, done, total: say(f"{stage}: {done:,} of {total:,}"),
            )
    except ValueError as error:
        raise BadConfiguration(f"no such source can be simulated: {error}", key=database) from None
    return dsn


def _step(say: Say, number: int, what: str) -> None:
    say(f"[{number}/{_STEPS}] {what}")


def _require_fit_machine(settings: Settings) -> None:
    from cdp_assets.stack.doctor import examine

    world = simulator_service(settings, AS_OF.isoformat(), SEED)
    advised: dict[str, list[str]] = {}
    for finding in examine(settings, also=[world]):
        if not finding.is_good and "manifest" not in finding.what:
            advised.setdefault(finding.advice or "", []).append(finding.what)
    if advised:
        raise BadConfiguration(
            "; ".join(f"{', '.join(what)}: {advice}" for advice, what in advised.items()),
            hint="`cdp doctor` runs the same checks",
        )


def _require_simulated_sources(settings: Settings) -> None:
    """Refuse to mix rows of a real source into the demo, or simulated ones into a real source."""
    values = demo_environment(settings)
    for field in _SOURCES:
        value = getattr(settings, field)
        address = value.get_secret_value() if isinstance(value, SecretStr) else value
        if address is not None and address != values.get(variable_name(field)):
            raise BadConfiguration(
                "the demo simulates its sources, and this variable has another one",
                key=variable_name(field),
                hint="unset it for the demo; `cdp refresh` reads that source",
            )


def _require_unused_warehouse(settings: Settings) -> None:
    if settings.database_url is None:
        return
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        row = connection.execute("select to_regclass('ops.asset_version') is not null").fetchone()
        if row == (True,) and connection.execute("select from ops.asset_version limit 1").rowcount:
            raise BadConfiguration(
                "the warehouse holds tables that no demo of this state folder built",
                key="DATABASE_URL",
                hint="name an empty database, or unset it for an embedded server",
            )


def _prepare_source_database(settings: Settings) -> str:
    start_servers(settings)
    server = server_of_source(settings)
    assert server is not None
    create_database(server, SOURCE_DATABASE)
    return with_database(server, SOURCE_DATABASE)


def _fill_source(dmob: str, deals: int, say: Say) -> None:
    """Fill the source database unless it was filled before, and hold back its later rows."""
    from simulator.dmob.database import create_dmob, dmob_scale
    from simulator.dmob.held_rows import hold_back
    from simulator.dmob.scale import DmobScale

    scale = DmobScale(
        deals=deals,
        clients=CLIENTS,
        providers=PROVIDERS,
        allocators=ALLOCATORS,
        start=START,
        end=AS_OF,
        seed=SEED,
    )
    with psycopg.connect(dmob) as connection:
        if dmob_scale(connection) is not None:
            return
        with connection.transaction():
            create_dmob(
                connection,
                scale,
                lambda stage, done, total: say(f"      {stage}: {done:,} of {total:,}"),
            )
            hold_back(connection, START)


def _arrive_late_once(dmob: str) -> None:
    from simulator.dmob.database import appended_deals
    from simulator.dmob.mutations import mutate

    with psycopg.connect(dmob) as connection:
        if not appended_deals(connection):
            mutate(connection, SEED, late=LATE_DEALS)
