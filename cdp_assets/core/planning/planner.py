"""Bring the graph up to its sources: find what is stale, materialize it in order, in few runs.

Runs are real Dagster runs in this process, visible in the UI. Scope: the order and the size of runs
over time partitions, and launching them and those that a domain plans by itself; not here: what is
stale (``staleness``), what a domain plans (``domain_plan``), what a run does (the assets).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg

from cdp_assets import partitions
from cdp_assets.core.planning.asset_facts import IS_CUMULATIVE, has_fact
from cdp_assets.core.planning.configured_sources import missing_settings
from cdp_assets.core.planning.dependency_order import Group, built_on, groups_in_order
from cdp_assets.core.planning.domain_plan import DomainPlan, PlannedRun, PlanningContext, RunOutcome
from cdp_assets.core.planning.selection import own_checks, select_assets
from cdp_assets.core.planning.staleness import existing_window, grain_of
from cdp_assets.core.planning.staleness_cache import StalenessCache
from cdp_assets.core.runs.in_process_runs import QUIET, execute_here
from cdp_assets.core.runs.orphaned_runs import PROCESS_TAG
from cdp_assets.core.runs.run_failures import cause_of_run
from cdp_assets.core.runs.run_tags import (
    SOURCE_VERSION_TAG,
    TASK_TAG,
    USER_TAG,
    range_tags,
    source_version,
)
from cdp_assets.partitions import Window
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.batches import batches
from resources.postgres.run_process import this_process
from resources.postgres.warehouse import Warehouse

# Longest gap between stale partitions that one run includes, by grain: an hour costs some 10 ms in
# a range and a run costs a second.
_BRIDGED = {"hour": 48, "day": 7, "week": 4}
_PASSES = 3  # a pass can make partitions stale that depend on it; more than three would be a loop
# Partitions of one run at most: two weeks of hours take seconds and leave a readable event log.
_LARGEST_RUN = {"hour": 336, "day": 400, "week": 60}

Progress = Callable[[str], None]


@dataclass
class RefreshReport:
    """What a refresh did; ``planning_seconds`` is the wall time of finding stale partitions."""

    runs: list[RunOutcome] = field(default_factory=list)
    planning_seconds: float = 0.0

    @property
    def failed(self) -> list[RunOutcome]:
        """Return the runs that did not succeed."""
        return [run for run in self.runs if run.error is not None]


class Refresher:
    """Plans and launches runs over one set of definitions.

    Args:
        defs: The code location.
        instance: Where runs are recorded.
        warehouse: Where the ops contract is.
        as_of: The clock.
        user: Who launches; becomes a tag and ``ops.runs.launched_by``.
        progress: Receives a line per step.
    """

    def __init__(
        self,
        defs: dg.Definitions,
        instance: dg.DagsterInstance,
        warehouse: Warehouse,
        *,
        as_of: datetime,
        user: str,
        progress: Progress = lambda _: None,
    ) -> None:
        self.instance = instance
        self.warehouse = warehouse
        self.graph = defs.resolve_asset_graph()
        self.as_of = as_of
        self._user = user
        self._progress = progress
        self._job = defs.resolve_implicit_global_asset_job_def()

    def select(self, selections: Sequence[str]) -> set[dg.AssetKey]:
        """Return the assets of one or more selections in Dagster's syntax; none means all.

        An asset whose source is not configured is skipped, with a line of progress, unless a
        selection is its key.

        Raises:
            BadConfiguration: A selection cannot be read or matches nothing.
        """
        chosen = set(self.graph.materializable_asset_keys) if not selections else set()
        for text in selections:
            chosen |= select_assets(self.graph, text)
        missing = missing_settings(self.graph, chosen, get_settings())
        skipped = {k: v for k, v in missing.items() if k.to_user_string() not in selections}
        for variable, count in sorted(Counter(skipped.values()).items()):
            assets = counted(count, "asset")
            self._progress(f"skipped: {assets}, because {variable} is not set")
        return chosen - skipped.keys()

    def run_plan(self, plan: DomainPlan, chosen: set[dg.AssetKey]) -> RefreshReport:
        """Launch the runs that a domain plans by itself; it learns how each one ended."""
        report = RefreshReport()
        runs = plan.runs(PlanningContext(self.graph, self.instance, self.warehouse, chosen))
        planned = next(runs, None)
        while planned is not None:
            self._progress(f"{planned.group} …")
            report.runs.append(self.launch(planned))
            try:
                planned = runs.send(report.runs[-1])
            except StopIteration:
                planned = None
        return report

    def refresh(self, chosen: set[dg.AssetKey], window: Window | None = None) -> RefreshReport:
        """Materialize every stale partition of the chosen assets, in dependency order."""
        report = RefreshReport()
        failed: set[tuple[str, str]] = set()
        observed: set[dg.AssetKey] = set()
        groups = groups_in_order(self.graph, chosen)
        stale = self._stale(groups, window)
        for _ in range(_PASSES):
            before = len(report.runs)
            for group in groups:
                runs = self.plan(group, stale, already_built=observed)
                for number, planned in enumerate(runs, 1):
                    if (planned.group, planned.first) in failed:
                        continue
                    self._progress(f"[{number}/{len(runs)}] {planned.group} …")
                    outcome = self.launch(planned)
                    report.runs.append(outcome)
                    if outcome.error is not None:
                        failed.add((planned.group, planned.first))
                    observed.update(self._observations(planned.keys))
                    stale.forget(planned.keys)
            if len(report.runs) == before:
                break
        report.planning_seconds = stale.seconds
        return report

    def plan(
        self, group: Group, stale: StalenessCache, already_built: Collection[dg.AssetKey] = ()
    ) -> list[PlannedRun]:
        """Return the runs that a group needs now; ``already_built`` are left as they are.

        A run holds the assets that are stale and those of the group that are built on them.
        """
        found = stale.of(group.keys)
        if group.definition is None:
            starters = found.keys() - set(already_built)
            reached = built_on(self.graph, group.keys, starters)
            keys = tuple(key for key in reached if key not in already_built)
            return [PlannedRun(group.name, keys)] if keys else []
        due = {partition.key for one in found.values() for partition in one}
        keys = built_on(self.graph, group.keys, found.keys())
        if due and any(has_fact(self.graph, key, IS_CUMULATIVE) for key in keys):
            first = partitions.window_of(group.definition, min(due))[0]
            end = stale.window_of(group.definition)[1]
            due = set(partitions.keys_between(group.definition, first, end))
        return list(self.ranges(Group(group.name, keys, group.definition), sorted(due)))

    def _stale(self, groups: Sequence[Group], window: Window | None = None) -> StalenessCache:
        keys = {key for group in groups for key in group.keys}
        return StalenessCache(self.graph, self.warehouse, keys, window, self.as_of)

    def _observations(self, keys: Sequence[dg.AssetKey]) -> set[dg.AssetKey]:
        """Return those that a refresh builds at most once: unpartitioned and not derived."""
        nodes = {key: self.graph.get(key) for key in keys}
        return {
            key
            for key, node in nodes.items()
            if node.partitions_def is None and node.tags.get("cadence") != "snapshot"
        }

    def ranges(self, group: Group, keys: Sequence[str]) -> Iterator[PlannedRun]:
        """Cut partition keys into as few runs as their gaps and the largest run allow."""
        assert group.definition is not None
        grain = grain_of(group.definition)
        for first, last in partitions.contiguous_ranges(
            group.definition, keys, bridged=_BRIDGED[grain]
        ):
            inside = partitions.keys_between(
                group.definition,
                partitions.window_of(group.definition, first)[0],
                partitions.window_of(group.definition, last)[1],
            )
            for chunk in batches(inside, _LARGEST_RUN[grain]):
                yield PlannedRun(group.name, group.keys, chunk[0], chunk[-1], len(chunk))

    def backfill_plan(self, asset_key: dg.AssetKey, window: Window) -> list[PlannedRun]:
        """Return the runs that build every partition of one asset in a window, stale or not."""
        definition = self.graph.get(asset_key).partitions_def
        assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
        whole = existing_window(definition, self.as_of)
        keys = partitions.keys_between(
            definition, max(whole[0], window[0]), min(whole[1], window[1])
        )
        if isinstance(definition, dg.MonthlyPartitionsDefinition):  # a few, in one run
            name = asset_key.to_user_string()
            return [PlannedRun(name, (asset_key,), keys[0], keys[-1], len(keys))] if keys else []
        (group,) = groups_in_order(self.graph, {asset_key})
        return list(self.ranges(group, keys))

    def run_checks_of_jobs(self, name: str) -> RunOutcome:
        """Run the checks that belong to no materialized asset, as their job's schedule would."""
        own = own_checks(self.graph, self.graph.materializable_asset_keys)
        return self._execute(PlannedRun(name, ()), self.graph.asset_check_keys - own)

    def launch(self, planned: PlannedRun) -> RunOutcome:
        """Launch one planned run."""
        return self._execute(planned, own_checks(self.graph, planned.keys))

    def _execute(self, planned: PlannedRun, checks: Collection[dg.AssetCheckKey]) -> RunOutcome:
        name, first, last, count = planned.group, planned.first, planned.last, planned.partitions
        tags = {
            USER_TAG: self._user,
            PROCESS_TAG: this_process(self.warehouse),
            TASK_TAG: name,
            **range_tags(first, last),
        }
        version = source_version(self.warehouse, self.graph)
        if version is not None:
            tags[SOURCE_VERSION_TAG] = version
        what = f"{name}: {counted(count, 'partition')} {first} to {last}" if first else name
        started = time.monotonic()
        result = execute_here(
            self.instance,
            self._job,
            planned.keys,
            checks,
            tags=tags,
            config={**planned.config, **QUIET},
        )
        seconds = time.monotonic() - started
        error = None if result.success else cause_of_run(result)
        ended = (
            f"done in {seconds:.1f} s" if error is None else f"FAILED in {seconds:.1f} s: {error}"
        )
        self._progress(f"{what}: {ended}")
        return RunOutcome(name, count, first, last, seconds, error)


def stale_counts(
    graph: dg.AssetGraph, warehouse: Warehouse, chosen: set[dg.AssetKey], as_of: datetime
) -> dict[str, Counter[str]]:
    """Return the number of stale partitions of each asset that has any, by reason; only reads."""
    keys = {key for group in groups_in_order(graph, chosen) for key in group.keys}
    return StalenessCache(graph, warehouse, keys, None, as_of).counts()
