"""What a step learns from its run, and the tags by which people find it (D-09).

Belongs here: partitions, launcher, tags. Does not: ``ops.runs`` (``resources.publication``).
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from cdp_assets import partitions
from cdp_assets.errors import PermanentFailure
from cdp_assets.staleness import DEALS
from resources.publication import input_versions
from resources.warehouse import Warehouse

USER_TAG = "user"
SOURCE_VERSION_TAG = "source_version"
PARTITION_TAG = "partition"
REASON_TAG = "reason"  # required by jobs that override or drop
SCHEDULE_TAG = "dagster/schedule_name"
SENSOR_TAG = "dagster/sensor_name"


Context = dg.AssetExecutionContext | dg.OpExecutionContext | dg.AssetCheckExecutionContext


def note_launch(context: Context, warehouse: Warehouse, *, reason: str | None = None) -> str:
    """Tag the run with what its launcher left out; return who launched it, never empty (U-31).

    The tags are ``user``, ``source_version`` (version of the landed deals before the run's work),
    ``partition`` (``first..last`` of a range) and ``reason``. The first step writes them; a step
    after it changes none.
    """
    run = context.instance.get_run_by_id(context.run.run_id) or context.run
    user = _launched_by(run.tags)
    found = {USER_TAG: user, PARTITION_TAG: _partition(run.tags), REASON_TAG: reason}
    if SOURCE_VERSION_TAG not in run.tags:
        found[SOURCE_VERSION_TAG] = source_version(warehouse)
    missing = {tag: text for tag, text in found.items() if text and tag not in run.tags}
    if missing and context.instance.has_run(run.run_id):
        context.instance.add_run_tags(run.run_id, missing)
    return user


def source_version(warehouse: Warehouse) -> str:
    """Return the version of the landed deals, from which everything else starts."""
    with warehouse.connect(autocommit=True) as connection, connection.cursor() as cursor:
        return str(input_versions(cursor, [DEALS])[DEALS])


def range_tags(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run for a range of partitions, both ends in it."""
    return {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}


def partition_range(tags: Mapping[str, str]) -> tuple[str, str]:
    """Return the first and the last partition of a run by its tags; empty where it has none."""
    first = tags.get(ASSET_PARTITION_RANGE_START_TAG, tags.get(PARTITION_NAME_TAG, ""))
    return first, tags.get(ASSET_PARTITION_RANGE_END_TAG, first)


def _partition(tags: Mapping[str, str]) -> str | None:
    first, last = partition_range(tags)
    return (first or None) if first == last else f"{first}..{last}"


def _launched_by(tags: Mapping[str, str]) -> str:
    for tag, prefix in ((USER_TAG, ""), (SCHEDULE_TAG, "schedule:"), (SENSOR_TAG, "sensor:")):
        if tags.get(tag):
            return prefix + tags[tag]
    return f"ui:{getpass.getuser()}"


def received_keys(
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
            f"the run is for {len(wanted)} partitions {first} to {last} but received {len(keys)}",
            key=context.run.run_id,
            hint="launch the range again; nothing was written",
        )
    return keys
