"""Steps of the demo that need the code location: reports and observations of past days."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import dagster as dg

from cdp_assets import clock
from cdp_assets.cli.cli_session import load_definitions
from cdp_assets.core.planning.domain_plan import PlannedRun, PlanningContext, RunOutcome
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.core.runs.instance import open_instance
from cdp_assets.demo.partners import CHAIN, add_partners, override_period, release_month
from cdp_assets.demo.prices import write_prices
from cdp_assets.demo.source import release_source, source_until
from cdp_assets.demo.world import prices_file, set_simulated_clock
from cdp_assets.filplus.dmob.sync_plan import DmobSyncPlan
from cdp_assets.settings import Settings, get_settings, publish_environment
from cdp_assets.validators.chain_assets.chain_plan import ChainPlan
from cdp_assets.validators.chain_assets.restatement_watch import watched_runs
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_table import known_plan
from resources.postgres.database_urls import addresses
from resources.postgres.warehouse import Warehouse

AUDIT_VERIFICATION = PlannedRun(
    "audit verification", (dg.AssetKey(["ops", "audit_verifications"]),)
)
_EVENING = time(20, tzinfo=UTC)
_REPORTS = ('+key:"filplus/client_report"', '+key:"filplus/allocator_report"')
# Reports are built with all their inputs except these, which no report reads, and addresses of
# pieces, which need a request per pair and are fetched on the demo's own day only.
_SKIPPED = (
    "raw_url_finder/client_working_url",
    "filplus/provider_retrievability_daily",
    "filplus/provider_url_finder_retrievability_daily",
    "filplus/providers_weekly",
)
# These hardly change within a month and are landed on the first of the days only.
_READ_ONCE = (
    "filplus/allocator_registry",
    "filplus/allocator_client_bookkeeping",
    "raw_ipni/advertisement",
    "filplus/ipni_publisher_advertisement",
    "filplus/provider_ip_info",
    "filplus/storage_provider_url_finder_metric",
    "raw_lotus/client_status",
    "raw_lotus/miner_info",
)


def run_report_days(
    settings: Settings, dmob: str, days: Sequence[date], say: Callable[[str], None]
) -> list[RunOutcome]:
    """Run the reports of past days, each with the clock and the source of that evening.

    Sources without history return the day on which they are queried, and a report shows the tables
    of its day: so both clocks, ours and the simulated world's, are set to the day, and the source
    has the rows that it had received by then. Days with reports are skipped, also after a kill.
    """
    outcomes: list[RunOutcome] = []
    for number, day in enumerate(_unreported(dmob, days)):
        instant = datetime.combine(day, _EVENING)
        with _clock_at(settings, instant), open_instance(get_settings(), addresses()) as instance:
            release_source(dmob, instant)
            refresher = Refresher(
                load_definitions(), instance, Warehouse(), as_of=instant, user="demo", progress=say
            )
            outcomes += sync_source(refresher)
            needed = refresher.select(_REPORTS)
            skipped = _SKIPPED if number == 0 else (*_SKIPPED, *_READ_ONCE)
            needed -= {dg.AssetKey(key.split("/")) for key in skipped}
            outcomes += refresher.refresh(needed).runs
    return outcomes


def sync_source(refresher: Refresher) -> list[RunOutcome]:
    """Land what changed in the source of deals."""
    return refresher.run_plan(DmobSyncPlan(), refresher.select([])).runs


def observe_periods(
    settings: Settings, instants: Sequence[datetime], say: Callable[[str], None]
) -> list[RunOutcome]:
    """Observe the chains at past instants, each with the clock of that instant.

    A validator that fails over to a second identity shows it only during the period; production
    observes the start and near the end of each. At the last instant, before the chain corrects an
    epoch, people decide on the month that is over.
    """
    outcomes: list[RunOutcome] = []
    for instant in instants:
        with _clock_at(settings, instant), open_instance(get_settings(), addresses()) as instance:
            refresher = Refresher(
                load_definitions(), instance, Warehouse(), as_of=instant, user="demo", progress=say
            )
            add_partners(refresher, say)
            outcomes += refresh_chains(refresher)
            if instant == instants[-1]:
                override_period(refresher, say)
                outcomes += refresh_chains(refresher)
                release_month(refresher, say)
    return outcomes


def fetch_fees_again(refresher: Refresher) -> list[RunOutcome]:
    """Fetch final periods again, as the sensor of restatements does; one of them was corrected."""
    return refresher.run_plan(_FeesAgain(), refresher.select([])).runs


class _FeesAgain:
    """Plans the fetches of fees that the watch over final periods asks for now."""

    def runs(self, context: PlanningContext) -> Generator[PlannedRun, RunOutcome, None]:
        registry = load_registry()
        chain = registry.chain(CHAIN)
        fees = ChainKeys(chain.key_name).staging("FEES")
        with context.warehouse.connect(autocommit=True) as connection:
            plan = known_plan(connection, chain)
            watched = watched_runs(connection, registry, chain, plan, ChainSources(), clock.now())
        for run in watched:
            if run.asset_keys[0] == fees:
                keys = tuple(dg.AssetKey(key.split("/")) for key in run.asset_keys)
                yield PlannedRun(f"{CHAIN} again", keys, run.first, run.last, run.periods)


def refresh_chains(refresher: Refresher) -> list[RunOutcome]:
    """Build what is stale of the chains."""
    return refresher.run_plan(ChainPlan(load_registry()), refresher.select([])).runs


@contextmanager
def _clock_at(settings: Settings, instant: datetime) -> Iterator[None]:
    """Set our clock and the simulated world's to an instant, and reset both afterwards."""
    assert settings.as_of is not None
    try:
        set_simulated_clock(settings, instant)
        write_prices(prices_file(settings), instant)
        publish_environment({"CDP_AS_OF": instant.isoformat()})
        yield
    finally:
        publish_environment({"CDP_AS_OF": settings.as_of.isoformat()})
        write_prices(prices_file(settings), settings.as_of)
        set_simulated_clock(settings, settings.as_of)


def _unreported(dmob: str, days: Sequence[date]) -> list[date]:
    """Return the days without reports for which the source does not hold later rows yet."""
    until = source_until(dmob)
    if until is None:
        return []
    with Warehouse().connect(autocommit=True) as connection:
        rows = connection.execute(
            "select window_start from ops.asset_partition_status "
            "where asset_key = 'filplus/allocator_report' and state = 'MATERIALIZED'"
        )
        reported = {row[0].date() for row in rows}
    return [day for day in days if day not in reported and datetime.combine(day, _EVENING) >= until]
