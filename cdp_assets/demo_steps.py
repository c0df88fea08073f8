"""Steps of the demo that need the code location: observations of past Sundays, the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import dagster as dg

from cdp_assets import partitions
from cdp_assets.catalog import write_catalog
from cdp_assets.demo import set_simulated_clock
from cdp_assets.filplus.url_finder_assets import ASSET_KEY
from cdp_assets.instance import open_instance
from cdp_assets.refresh import Range, Refresher, RunOutcome
from cdp_assets.session import Session, load_definitions
from cdp_assets.settings import Settings, get_settings, publish_environment
from cdp_assets.validators.registry import load_registry
from resources.servers import addresses
from resources.warehouse import Warehouse

_EVENING = time(20, tzinfo=UTC)


def publish_catalog(session: Session) -> None:
    """Write the catalogue that readers outside Dagster see."""
    del session
    with Warehouse().connect() as connection:
        write_catalog(connection, load_definitions())


def observe_weeks(
    settings: Settings, days: Sequence[date], say: Callable[[str], None]
) -> list[RunOutcome]:
    """Observe the URL finder on past days, each with the clock of that day.

    The service has no history, so the simulated world's clock and ours stand on the day while it is
    asked: production would have asked then. Days that were observed before are left alone.
    """
    key = dg.AssetKey(ASSET_KEY.split("/"))
    outcomes = []
    for day in _unobserved(days):
        instant = datetime.combine(day, _EVENING)
        name = partitions.key_of(partitions.days, partitions.floor_day(instant))
        with _clock_at(settings, instant), open_instance(get_settings(), addresses()) as instance:
            refresher = Refresher(
                load_definitions(), instance, Warehouse(), as_of=instant, user="demo", progress=say
            )
            outcomes.append(refresher.launch(Range("url_finder", (key,), name, name, 1)))
    return outcomes


def observe_periods(
    settings: Settings, instants: Sequence[datetime], say: Callable[[str], None]
) -> list[RunOutcome]:
    """Observe the chains at past instants, each with the clock of that instant.

    A validator that fails over to a second identity shows it only while the period runs; production
    looks at the start and near the end of each.
    """
    outcomes: list[RunOutcome] = []
    for instant in instants:
        with _clock_at(settings, instant), open_instance(get_settings(), addresses()) as instance:
            refresher = Refresher(
                load_definitions(), instance, Warehouse(), as_of=instant, user="demo", progress=say
            )
            outcomes += refresher.refresh_chains(refresher.select([]), load_registry()).runs
    return outcomes


@contextmanager
def _clock_at(settings: Settings, instant: datetime) -> Iterator[None]:
    """Put our clock and the simulated world's on an instant, and both back afterwards."""
    assert settings.as_of is not None
    try:
        set_simulated_clock(settings, instant)
        publish_environment({"CDP_AS_OF": instant.isoformat()})
        yield
    finally:
        publish_environment({"CDP_AS_OF": settings.as_of.isoformat()})
        set_simulated_clock(settings, settings.as_of)


def _unobserved(days: Sequence[date]) -> list[date]:
    with Warehouse().connect(autocommit=True) as connection:
        rows = connection.execute(
            "select window_start from ops.asset_partition_status "
            "where asset_key = %s and state = 'MATERIALIZED'",
            [ASSET_KEY],
        )
        seen = {row[0].date() for row in rows}
    return [day for day in days if day not in seen]
