"""Bring the graph up to its sources: sync, find what is due, materialize it in order, in few runs.

Runs are real Dagster runs in this process, visible in the UI. Belongs here: the order and the size
of runs. Does not: what is due (``cdp_assets.staleness``), what a run does (the assets).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg
from dagster._core.events import RunFailureReason

from cdp_assets import partitions
from cdp_assets.configured import missing_settings
from cdp_assets.errors import BadConfiguration
from cdp_assets.failures import cause_of
from cdp_assets.partitions import Window
from cdp_assets.refresh_order import Group, built_on, groups_in_order
from cdp_assets.run_context import SOURCE_VERSION_TAG, USER_TAG, range_tags, source_version
from cdp_assets.selection import named_asset, own_checks, select_assets
from cdp_assets.settings import get_settings
from cdp_assets.staleness import (
    ACCUMULATING,
    due_partitions,
    existing_window,
    grain_of,
    reason_due,
)
from cdp_assets.validators.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chain_refresh import known_plan, runs_due
from cdp_assets.validators.period_plan import register_periods
from cdp_assets.validators.registry import Registry
from resources.warehouse import Warehouse

# Longest gap between due partitions that one run includes, by grain: an hour costs some 10 ms in a
# range and a run costs a second.
_BRIDGED = {"hour": 48, "day": 7, "week": 4}
_PASSES = 3  # a pass can make partitions due that depend on it; more than three would be a loop
# Partitions of one run at most: a week of hours takes seconds and leaves a readable event log.
_LARGEST_RUN = {"hour": 168, "day": 400, "week": 60}

Progress = Callable[[str], None]
# The run's own lines are in its log, which the UI shows; a terminal gets a line per run.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunOutcome:
    """One run of a refresh: what it was for and how it ended. ``error`` is null for a success."""

    name: str
    partitions: int
    first: str
    last: str
    seconds: float
    error: str | None


@dataclass
class RefreshReport:
    """What a refresh did."""

    runs: list[RunOutcome] = field(default_factory=list)

    @property
    def failed(self) -> list[RunOutcome]:
        """Return the runs that did not succeed."""
        return [run for run in self.runs if run.error is not None]


@dataclass(frozen=True)
class Range:
    """One planned run: the assets and the inclusive range of partition keys.

    An unpartitioned asset has neither a first nor a last key.
    """

    group: str
    keys: tuple[dg.AssetKey, ...]
    first: str
    last: str
    partitions: int


class Refresher:
    """Plans and launches runs over one set of definitions.

    Args:
        defs: The code location.
        instance: Where runs are recorded.
        warehouse: Where the ops contract is.
        as_of: The clock.
        user: Who launches; becomes a tag and ``ops.runs.launched_by``.
        progress: Told a line per step.
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
        self._as_of = as_of
        self._user = user
        self._progress = progress
        self._job = defs.resolve_implicit_global_asset_job_def()

    def select(self, selections: Sequence[str]) -> set[dg.AssetKey]:
        """Return the assets of one or more selections in Dagster's syntax; none means all.

        An asset whose source is not configured is left out, with a line of progress, unless a
        selection is its key.

        Raises:
            BadConfiguration: A selection cannot be read or matches nothing.
        """
        chosen = set(self.graph.materializable_asset_keys) if not selections else set()
        for text in selections:
            chosen |= select_assets(self.graph, text)
        missing = missing_settings(self.graph, chosen, get_settings())
        left_out = {k: v for k, v in missing.items() if k.to_user_string() not in selections}
        for variable, count in sorted(Counter(left_out.values()).items()):
            self._progress(f"left out: {count} assets, because {variable} is not set")
        return chosen - left_out.keys()

    def sync_sources(
        self, chosen: set[dg.AssetKey], *, full_sweep: bool = False
    ) -> RunOutcome | None:
        """Land what changed in DMOB when one of its relations is chosen."""
        keys = sorted(key for key in chosen if key.path[0] == "raw_dmob")
        if not keys:
            return None
        config = {"ops": {"dmob_sync": {"config": {"full_sweep": full_sweep}}}}
        every = [key for key in self.graph.materializable_asset_keys if key.path[0] == "raw_dmob"]
        return self._launch("dmob_sync", tuple(sorted(every)), None, config)

    def refresh(self, chosen: set[dg.AssetKey], window: Window | None = None) -> RefreshReport:
        """Materialize every due partition of the chosen assets, in dependency order."""
        report = RefreshReport()
        given_up: set[tuple[str, str]] = set()
        observed: set[dg.AssetKey] = set()
        for _ in range(_PASSES):
            before = len(report.runs)
            for group in groups_in_order(self.graph, chosen):
                runs = self.plan(group, window, besides=observed)
                for number, planned in enumerate(runs, 1):
                    if (planned.group, planned.first) in given_up:
                        continue
                    self._progress(f"[{number}/{len(runs)}] {planned.group} …")
                    outcome = self._launch(planned.group, planned.keys, planned)
                    report.runs.append(outcome)
                    if outcome.error is not None:
                        given_up.add((planned.group, planned.first))
                    observed.update(self._observations(planned.keys))
            if len(report.runs) == before:
                break
        return report

    def refresh_chains(self, chosen: set[dg.AssetKey], registry: Registry) -> RefreshReport:
        """Ask each chain where it is, register its periods and materialize those that are due.

        A chain is asked only if its periods are chosen; else the periods that are known count.
        """
        report = RefreshReport()
        texts = {key.to_user_string() for key in chosen}
        if REGISTRY_KEY in texts:
            key = dg.AssetKey(REGISTRY_KEY.split("/"))
            report.runs.append(self._launch("chain_registry", (key,), None))
        for chain in registry.chains:
            keys = ChainKeys(chain.snake)
            if keys.periods in texts:
                head = self._launch(
                    f"{chain.chain_id} periods", (dg.AssetKey(keys.periods.split("/")),), None
                )
                report.runs.append(head)
                if head.error is not None:
                    continue
            if not texts.intersection(keys.partitioned()):
                continue
            with self.warehouse.connect(autocommit=True) as connection:
                plan = known_plan(connection, chain)
                due = runs_due(connection, chain, plan)
            register_periods(self.instance, chain, plan)
            for part in due:
                wanted = tuple(dg.AssetKey(k.split("/")) for k in part.asset_keys if k in texts)
                if not wanted:
                    continue
                planned = Range(chain.chain_id, wanted, part.first, part.last, part.periods)
                report.runs.append(self._launch(chain.chain_id, wanted, planned))
        return report

    def plan(
        self,
        group: Group,
        window: Window | None,
        besides: Collection[dg.AssetKey] = (),
    ) -> list[Range]:
        """Return the runs that a group needs now; ``besides`` were made already.

        A run holds the assets that are due and those of the group that are built on them.
        """
        if group.definition is None:
            return self._plan_unpartitioned(group, besides)
        whole = existing_window(group.definition, self._as_of)
        span = whole if window is None else (max(whole[0], window[0]), min(whole[1], window[1]))
        due: set[str] = set()
        starters: set[dg.AssetKey] = set()
        with self.warehouse.connect(autocommit=True) as connection:
            for key in group.keys:
                found = due_partitions(connection, self.graph, key, span, self._as_of)
                due |= {partition.key for partition in found}
                if found:
                    starters.add(key)
        keys = built_on(self.graph, group.keys, starters)
        if due and any(key.to_user_string() in ACCUMULATING for key in keys):
            first = partitions.window_of(group.definition, min(due))[0]
            due = set(partitions.keys_between(group.definition, first, span[1]))
        return list(self.ranges(Group(group.name, keys, group.definition), sorted(due)))

    def _plan_unpartitioned(self, group: Group, besides: Collection[dg.AssetKey]) -> list[Range]:
        with self.warehouse.connect(autocommit=True) as connection:
            starters = {
                key
                for key in group.keys
                if key not in besides and reason_due(connection, self.graph, key, self._as_of)
            }
        keys = tuple(k for k in built_on(self.graph, group.keys, starters) if k not in besides)
        return [Range(group.name, keys, "", "", 1)] if keys else []

    def _observations(self, keys: Sequence[dg.AssetKey]) -> set[dg.AssetKey]:
        """Return those that a refresh makes at most once: unpartitioned and not derived."""
        nodes = {key: self.graph.get(key) for key in keys}
        return {
            key
            for key, node in nodes.items()
            if node.partitions_def is None and node.tags.get("cadence") != "snapshot"
        }

    def due(self, chosen: set[dg.AssetKey]) -> dict[str, Counter[str]]:
        """Return how many partitions of each asset are due, by reason; without any it is absent."""
        found: dict[str, Counter[str]] = {}
        with self.warehouse.connect(autocommit=True) as connection:
            for group in groups_in_order(self.graph, chosen):
                if group.definition is None:
                    reasons = {
                        key: reason_due(connection, self.graph, key, self._as_of)
                        for key in group.keys
                    }
                    found |= {k.to_user_string(): Counter([r]) for k, r in reasons.items() if r}
                    continue
                window = existing_window(group.definition, self._as_of)
                for key in group.keys:
                    due = due_partitions(connection, self.graph, key, window, self._as_of)
                    if due:
                        found[key.to_user_string()] = Counter(d.reason for d in due)
        return found

    def ranges(self, group: Group, keys: Sequence[str]) -> Iterator[Range]:
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
            for start in range(0, len(inside), _LARGEST_RUN[grain]):
                chunk = inside[start : start + _LARGEST_RUN[grain]]
                yield Range(group.name, group.keys, chunk[0], chunk[-1], len(chunk))

    def backfill_plan(self, asset_key: dg.AssetKey, window: Window) -> list[Range]:
        """Return the runs that make every partition of one asset in a window, due or not."""
        (group,) = groups_in_order(self.graph, {asset_key})
        assert group.definition is not None
        whole = existing_window(group.definition, self._as_of)
        keys = partitions.keys_between(
            group.definition, max(whole[0], window[0]), min(whole[1], window[1])
        )
        return list(self.ranges(group, keys))

    def check_quality(self) -> RunOutcome:
        """Run the daily checks over the closed day, as the schedule of their job would."""
        own = own_checks(self.graph, self.graph.materializable_asset_keys)
        return self._execute("daily checks", (), self.graph.asset_check_keys - own, None)

    def launch(self, planned: Range) -> RunOutcome:
        """Launch one planned run."""
        return self._launch(planned.group, planned.keys, planned)

    def time_partitioned(self, key: str) -> dg.AssetKey:
        """Return the key of a time-partitioned asset.

        Raises:
            BadConfiguration: No such asset, or it has no time partitions.
        """
        asset_key = named_asset(self.graph, key)
        if not isinstance(
            self.graph.get(asset_key).partitions_def, dg.TimeWindowPartitionsDefinition
        ):
            raise BadConfiguration(
                "the asset has no time partitions", key=key, hint="`cdp refresh --select` makes it"
            )
        return asset_key

    def _launch(
        self,
        name: str,
        keys: tuple[dg.AssetKey, ...],
        planned: Range | None,
        config: Mapping[str, object] | None = None,
    ) -> RunOutcome:
        return self._execute(name, keys, own_checks(self.graph, keys), planned, config)

    def _execute(
        self,
        name: str,
        keys: tuple[dg.AssetKey, ...],
        checks: Collection[dg.AssetCheckKey],
        planned: Range | None,
        config: Mapping[str, object] | None = None,
    ) -> RunOutcome:
        tags = {USER_TAG: self._user, SOURCE_VERSION_TAG: source_version(self.warehouse)}
        first = last = ""
        count = 1
        if planned is not None:
            first, last, count = planned.first, planned.last, planned.partitions
            if first:
                tags |= range_tags(first, last)
        what = f"{name}: {count} partitions {first} to {last}" if first else name
        started = time.monotonic()
        job = self._job.get_subset(
            asset_selection=frozenset(keys), asset_check_selection=frozenset(checks)
        )
        result = job.execute_in_process(
            instance=self.instance, tags=tags, run_config={**(config or {}), **_QUIET},
            raise_on_error=False,
        )  # fmt: skip
        if _was_interrupted(result):
            raise KeyboardInterrupt
        seconds = time.monotonic() - started
        error = None if result.success else _why(result)
        self._progress(f"{what}: {'done' if error is None else 'FAILED'} in {seconds:.1f} s")
        return RunOutcome(name, count, first, last, seconds, error)


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Tell whether Ctrl-C ended the run: the framework counts that as one more failure."""
    return any(
        event.is_job_failure
        and event.job_failure_data.failure_reason is RunFailureReason.UNEXPECTED_TERMINATION
        for event in result.all_events
    )


def _why(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            return cause_of(event)
    return "the run failed before its first step; see the run's log"
