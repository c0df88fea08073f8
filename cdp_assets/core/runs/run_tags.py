"""What a step reads from its run, and the tags by which people find the run (D-09).

Scope: partition keys, launcher, tags; not here: the frame in which a run writes
(``partition_run``).
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping

import dagster as dg

from cdp_assets import partitions
from cdp_assets.core.dagster_compat import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
    JobScopedAssetGraph,
)
from cdp_assets.core.planning.asset_facts import TAGS_RUNS, keys_with
from cdp_assets.core.runs.orphaned_runs import PROCESS_TAG
from cdp_assets.errors import PermanentFailure
from cdp_assets.units import counted
from resources.postgres.ops_status import input_versions
from resources.postgres.run_process import this_process
from resources.postgres.warehouse import Warehouse

USER_TAG = "user"
SOURCE_VERSION_TAG = "source_version"
PARTITION_TAG = "partition"
TASK_TAG = "task"  # which step of a refresh; distinguishes its runs
REASON_TAG = "reason"  # required by jobs that override or drop
SCHEDULE_TAG = "dagster/schedule_name"
SENSOR_TAG = "dagster/sensor_name"


Context = dg.AssetExecutionContext | dg.OpExecutionContext | dg.AssetCheckExecutionContext


def graph_of(context: Context) -> dg.AssetGraph | None:
    """Return the graph of all assets; null in a job of steps that are no assets."""
    graph = context.job_def.asset_layer.asset_graph
    # The graph of a run has only what it builds; the source graph has the landings above that.
    return graph.source_asset_graph if isinstance(graph, JobScopedAssetGraph) else None


def tag_run(
    context: Context,
    warehouse: Warehouse,
    *,
    reason: str | None = None,
    landing: str | None = None,
) -> str:
    """Add the tags that the launcher did not set; return who launched the run, never empty (U-31).

    The tags are ``user``, ``source_version`` (version of the first landing before the run's work),
    ``partition`` (``first..last`` of a range), ``reason`` and ``process`` (which executes it, and
    shows whether the run is alive). The first step writes them; later steps change none.

    Args:
        context: Of the step.
        warehouse: Where versions are.
        reason: Why, of a job that requires one.
        landing: Asset key of the first landing, in a job of steps that are no assets: the graph
            names it for the others.
    """
    tag_process(context, warehouse)
    run = _recorded(context)
    user = launched_by(run.tags)
    found = {USER_TAG: user, PARTITION_TAG: _partition(run.tags), REASON_TAG: reason}
    if SOURCE_VERSION_TAG not in run.tags:
        graph = graph_of(context)
        found[SOURCE_VERSION_TAG] = (
            _version_of(warehouse, landing) if graph is None else source_version(warehouse, graph)
        )
    _add_missing_tags(context, run, found)
    return user


def tag_process(context: Context, warehouse: Warehouse) -> None:
    """Tag the run with its process, which shows from then on whether the run is alive."""
    run = _recorded(context)
    if PROCESS_TAG not in run.tags:
        _add_missing_tags(context, run, {PROCESS_TAG: this_process(warehouse)})


def _recorded(context: Context) -> dg.DagsterRun:
    return context.instance.get_run_by_id(context.run.run_id) or context.run


def _add_missing_tags(
    context: Context, run: dg.DagsterRun, found: Mapping[str, str | None]
) -> None:
    missing = {tag: text for tag, text in found.items() if text and tag not in run.tags}
    if missing and context.instance.has_run(run.run_id):
        context.instance.add_run_tags(run.run_id, missing)


def source_version(warehouse: Warehouse, graph: dg.AssetGraph) -> str | None:
    """Return the version of the landing on which everything else is built; null without one."""
    landings = [key.to_user_string() for key in keys_with(graph, TAGS_RUNS)]
    return _version_of(warehouse, landings[0]) if landings else None


def _version_of(warehouse: Warehouse, landing: str | None) -> str | None:
    if landing is None:
        return None
    with warehouse.connect(autocommit=True) as connection, connection.cursor() as cursor:
        return str(input_versions(cursor, [landing])[landing])


def range_tags(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run for a range of partitions, both ends in it; none without a range."""
    if not first:
        return {}
    return {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}


def partition_range(tags: Mapping[str, str]) -> tuple[str, str]:
    """Return the first and the last partition of a run by its tags; empty where it has none."""
    first = tags.get(ASSET_PARTITION_RANGE_START_TAG, tags.get(PARTITION_NAME_TAG, ""))
    return first, tags.get(ASSET_PARTITION_RANGE_END_TAG, first)


def _partition(tags: Mapping[str, str]) -> str | None:
    first, last = partition_range(tags)
    return (first or None) if first == last else f"{first}..{last}"


def launched_by(tags: Mapping[str, str]) -> str:
    """Return who launched a run, by its tags; never empty."""
    for tag, prefix in ((USER_TAG, ""), (SCHEDULE_TAG, "schedule:"), (SENSOR_TAG, "sensor:")):
        if tags.get(tag):
            return prefix + tags[tag]
    return f"ui:{getpass.getuser()}"


def partition_keys_of_run(
    context: dg.AssetExecutionContext, definition: dg.TimeWindowPartitionsDefinition
) -> list[str]:
    """Return the partition keys of the run, ascending and without a gap.

    Raises:
        PermanentFailure: The keys received are not those of the run's range (U-02).
    """
    keys = sorted(context.partition_keys)
    first = context.run.tags.get(ASSET_PARTITION_RANGE_START_TAG, keys[0])
    last = context.run.tags.get(ASSET_PARTITION_RANGE_END_TAG, keys[-1])
    wanted = partitions.keys_between(
        definition,
        partitions.window_of(definition, first)[0],
        partitions.window_of(definition, last)[1],
    )
    if keys != wanted:
        raise PermanentFailure(
            f"the run is for {counted(len(wanted), 'partition')}"
            f" {first} to {last} but received {len(keys)}",
            key=context.run.run_id,
            hint="launch the range again; nothing was written",
        )
    return keys
