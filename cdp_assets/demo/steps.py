"""Steps of the demo that need the code location: reports and observations of past days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import dagster as dg

from cdp_assets.cli.cli_session import load_definitions
from cdp_assets.core.planning.domain_plan import RunOutcome
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.core.runs.instance import open_instance
from cdp_assets.demo.source import release_source, source_until
from cdp_assets.demo.world import set_simulated_clock
from cdp_assets.filplus.dmob.sync_plan import DmobSyncPlan
from cdp_assets.settings import Settings, get_settings, publish_environment
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.periods.chain_plan import ChainPlan
from resources.postgres.database_urls import addresses
from resources.postgres.warehouse import Warehouse

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
    observes the start and near the end of each.
    """
    outcomes: list[RunOutcome] = []
    for instant in instants:
        with _clock_at(settings, instant), open_instance(get_settings(), addresses()) as instance:
            refresher = Refresher(
                load_definitions(), instance, Warehouse(), as_of=instant, user="demo", progress=say
            )
            outcomes += refresher.run_plan(ChainPlan(load_registry()), refresher.select([])).runs
    return outcomes


@contextmanager
def _clock_at(settings: Settings, instant: datetime) -> Iterator[None]:
    """Set our clock and the simulated world's to an instant, and reset both afterwards."""
    assert settings.as_of is not None
    try:
        set_simulated_clock(settings, instant)
        publish_environment({"CDP_AS_OF": instant.isoformat()})
        yield
    finally:
        publish_environment({"CDP_AS_OF": settings.as_of.isoformat()})
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
