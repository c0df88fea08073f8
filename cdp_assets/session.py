"""One sitting at the command line: servers up, warehouse migrated, definitions open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from cdp_assets import clock
from cdp_assets.errors import BadConfiguration
from cdp_assets.instance import open_instance
from cdp_assets.migrate import migrate_warehouse
from cdp_assets.partitions import Window
from cdp_assets.refresh import Refresher, RefreshReport, RunOutcome
from cdp_assets.settings import Settings
from cdp_assets.validators.registry import load_registry
from resources.servers import start_servers
from resources.warehouse import Warehouse

Say = Callable[[str], None]
_SECONDS_PER_PARTITION = 0.03  # of one asset, measured: nearly all of it is the event log
_SECONDS_PER_RUN = 1.5
_LISTED_RUNS = 20


@dataclass(frozen=True)
class Session:
    """Refresh and backfill over one opened instance."""

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
        """Land the sources, then materialize what is due of the selected assets."""
        chosen = self.refresher.select(selections)
        synced = self.refresher.sync_sources(chosen, full_sweep=full_sweep) if sync else None
        report = self.refresher.refresh(chosen, window)
        report.runs += self.refresher.refresh_chains(chosen, load_registry()).runs
        if synced is not None:
            report.runs.insert(0, synced)
        return report

    def backfill(self, key: str, window: Window, *, dry_run: bool) -> list[RunOutcome]:
        """Print the plan, then make every partition; return the runs that failed.

        Raises:
            BadConfiguration: No such asset, or one without time partitions.
        """
        plan = self.refresher.backfill_plan(self.refresher.time_partitioned(key), window)
        total = sum(part.partitions for part in plan)
        estimate = total * _SECONDS_PER_PARTITION + len(plan) * _SECONDS_PER_RUN
        if not plan:
            raise BadConfiguration("no partition lies in that range", key=key)
        runs = "1 run" if len(plan) == 1 else f"{len(plan)} runs"
        self.say(f"{key}: {total} partitions in {runs}, about {estimate:.0f} s")
        for part in plan[:_LISTED_RUNS]:
            self.say(f"      {part.first} to {part.last}: {part.partitions} partitions")
        if len(plan) > _LISTED_RUNS:
            self.say(f"      and {len(plan) - _LISTED_RUNS} more runs")
        if dry_run:
            return []
        outcomes = [self.refresher.launch(part) for part in plan]
        return [outcome for outcome in outcomes if outcome.error is not None]


@contextmanager
def open_session(settings: Settings, *, user: str, say: Say) -> Iterator[Session]:
    """Open everything that a refresh needs; migrations are applied, which is idempotent."""
    found = start_servers(settings)
    migrate_warehouse(found.warehouse, say)
    quiet_framework()
    with open_instance(settings, found) as instance:
        say("loading the definitions")
        defs = load_definitions()
        yield Session(
            Refresher(defs, instance, Warehouse(), as_of=clock.now(), user=user, progress=say), say
        )


def load_definitions() -> dg.Definitions:
    """Return the code location; the import is made here, after the settings were published."""
    from cdp_assets.definitions import defs

    return defs


def quiet_framework() -> None:
    """Keep the framework's own log lines off the terminal; they are in the run's log."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    logging.getLogger("dagster.builtin").setLevel(logging.CRITICAL)
