"""What one command of ``cdp`` works with: servers up, warehouse migrated, definitions loaded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from cdp_assets import clock
from cdp_assets.cli.period_backfill import period_runs
from cdp_assets.core.planning.configured_sources import (
    built_on_nothing,
    require_buildable,
    require_landed,
    skipped_lines,
)
from cdp_assets.core.planning.domain_plan import PlannedRun, RunOutcome
from cdp_assets.core.planning.planner import Refresher, RefreshReport
from cdp_assets.core.planning.selection import select_assets, time_partitioned_asset
from cdp_assets.core.runs.dagster_record import record_again
from cdp_assets.core.runs.instance import open_instance
from cdp_assets.core.runs.orphaned_runs import report_gone_runs
from cdp_assets.core.tables.catalog import write_catalog
from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.dmob.sync_plan import DmobSyncPlan
from cdp_assets.partitions import Window
from cdp_assets.settings import Settings, get_settings
from cdp_assets.stack.migrate import migrate_warehouse
from cdp_assets.units import counted
from cdp_assets.validators.chain_assets.chain_plan import ChainPlan
from cdp_assets.validators.chains.chain_registry import Chain, load_registry
from cdp_assets.validators.statements.statement_plan import StatementPlan
from resources.dbt_runner import make_manifest
from resources.postgres.database_urls import start_servers
from resources.postgres.locks import LOGGER
from resources.postgres.warehouse import Warehouse

Say = Callable[[str], None]
_SECONDS_PER_PARTITION = 0.03  # of one asset, measured: nearly all for the event log
_SECONDS_PER_RUN = 1.5
_LISTED_RUNS = 20
_waiting = logging.getLogger(LOGGER)


@dataclass(frozen=True)
class Session:
    """Refresh and backfill over one open instance."""

    refresher: Refresher
    say: Say

    def refresh(
        self,
        selections: Sequence[str],
        window: Window | None,
        *,
        sync: bool = True,
        full_sweep: bool = False,
    ) -> RefreshReport:
        """Land the sources, then materialize what is stale of the selected assets.

        Assets built on a landing that was never filled are skipped.

        Raises:
            BadConfiguration: None of the selected assets can be built.
        """
        chosen = self.refresher.select(selections)
        self._record_again(chosen)
        synced = RefreshReport()
        if sync:
            synced = self.refresher.run_plan(DmobSyncPlan(full_sweep=full_sweep), chosen)
            if not synced.runs:
                self.say("not synced: no raw_dmob table is selected")
        chosen = self._buildable(chosen, is_synced=bool(synced.runs))
        report = self.refresher.refresh(chosen, window)
        registry = load_registry()
        chains = self.refresher.run_plan(ChainPlan(registry), chosen)
        statements = self.refresher.run_plan(StatementPlan(registry), chosen)
        report.runs = [*synced.runs, *report.runs, *chains.runs, *statements.runs]
        return report

    def _buildable(self, chosen: set[dg.AssetKey], *, is_synced: bool) -> set[dg.AssetKey]:
        """Return the assets whose landings are filled; a failed sync has reported its cause."""
        skipped = self._built_on_nothing(chosen)
        if not is_synced:
            require_buildable(self.refresher.graph, get_settings(), chosen, skipped)
        for line in skipped_lines(skipped):
            self.say(line)
        return chosen - skipped.keys()

    def _built_on_nothing(self, chosen: set[dg.AssetKey]) -> dict[dg.AssetKey, str]:
        with self.refresher.warehouse.connect() as connection:
            return built_on_nothing(connection, self.refresher.graph, chosen)

    def _record_again(self, chosen: set[dg.AssetKey]) -> None:
        refresher = self.refresher
        again = record_again(refresher.instance, refresher.warehouse, refresher.graph, chosen)
        if again:
            self.say(
                f"recorded again in Dagster: {counted(sum(again.values()), 'partition')} of "
                f"{counted(len(again), 'asset')} that are in the warehouse and were wiped there; "
                "no row was changed"
            )

    def backfill(self, key: str, window: Window, *, dry_run: bool) -> list[RunOutcome]:
        """Print the plan, then build every partition; return the runs that failed.

        Raises:
            BadConfiguration: No such asset, one without time partitions, or none in the range.
            MissingUpstream: It is built on a landing that was never filled.
        """
        asset_key = time_partitioned_asset(self.refresher.graph, key)
        plan = self.refresher.backfill_plan(asset_key, window)
        if plan:
            with self.refresher.warehouse.connect() as connection:
                require_landed(connection, self.refresher.graph, [asset_key], get_settings())
        return self._launch_all(key, plan, dry_run=dry_run)

    def backfill_periods(
        self, chain: Chain, key: str, first: str, end: str, *, dry_run: bool
    ) -> list[RunOutcome]:
        """Print the plan, then build every period of a range; return the runs that failed.

        Args:
            chain: Whose periods they are.
            key: One of its tables.
            first: Id of the first period, inclusive.
            end: Id of the last period, exclusive.
            dry_run: Only print the plan.

        Raises:
            BadConfiguration: No known period is in the range.
        """
        refresher = self.refresher
        plan = period_runs(refresher.instance, refresher.warehouse, chain, key, first, end)
        return self._launch_all(key, plan, dry_run=dry_run)

    def _launch_all(self, key: str, plan: list[PlannedRun], *, dry_run: bool) -> list[RunOutcome]:
        total = sum(part.partitions for part in plan)
        estimate = total * _SECONDS_PER_PARTITION + len(plan) * _SECONDS_PER_RUN
        if not plan:
            raise BadConfiguration("no partition is in that range", key=key)
        self.say(
            f"{key}: {counted(total, 'partition')} in {counted(len(plan), 'run')}, "
            f"about {estimate:.0f} s"
        )
        for part in plan[:_LISTED_RUNS]:
            partitions = counted(part.partitions, "partition")
            self.say(f"      {part.first} to {part.last}: {partitions}")
        if len(plan) > _LISTED_RUNS:
            self.say(f"      and {counted(len(plan) - _LISTED_RUNS, 'more run')}")
        if dry_run:
            return []
        outcomes = [self.refresher.launch(part) for part in plan]
        return [outcome for outcome in outcomes if outcome.error is not None]


@contextmanager
def open_session(settings: Settings, *, user: str, say: Say) -> Iterator[Session]:
    """Open everything that a refresh needs; applies migrations, which is idempotent."""
    found = start_servers(settings)
    migrate_warehouse(found.warehouse, say)
    quiet_framework()
    show_waiting(say)
    with open_instance(settings, found) as instance:
        report_gone_runs(instance, Warehouse(), say)
        say("loading the definitions")
        defs = load_definitions()
        with Warehouse().connect() as connection:
            write_catalog(connection, defs)
        yield Session(
            Refresher(defs, instance, Warehouse(), as_of=clock.now(), user=user, progress=say), say
        )


def require_assets(selections: Sequence[str]) -> None:
    """Refuse a selection that matches nothing, before anything is started.

    Raises:
        BadConfiguration: A selection is invalid or matches nothing; the nearest names are shown.
    """
    for text in selections:
        select_assets(_graph(), text)


def require_time_partitions(key: str) -> None:
    """Refuse an asset that has no time partitions or does not exist, before anything is started.

    Raises:
        BadConfiguration: As above; the nearest names are shown.
    """
    time_partitioned_asset(_graph(), key)


def _graph() -> dg.AssetGraph:
    make_manifest()
    return load_definitions().resolve_asset_graph()


def load_definitions() -> dg.Definitions:
    """Return the code location; imported here, after the settings were published."""
    from cdp_assets.definitions import defs

    return defs


def show_waiting(say: Say) -> None:
    """Show in the terminal which run another one waits for, as its log does."""
    _waiting.handlers = [_TerminalHandler(say)]


class _TerminalHandler(logging.Handler):
    """Writes log lines to the terminal."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self._say(f"      {record.getMessage()}")


def quiet_framework() -> None:
    """Hide the framework's log lines from the terminal; the run's log has them."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    logging.getLogger("dagster.builtin").setLevel(logging.CRITICAL)
