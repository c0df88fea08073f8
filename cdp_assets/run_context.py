"""What a step learns from its run: the partitions it is for and who launched it."""

from __future__ import annotations

import getpass

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from cdp_assets import partitions
from cdp_assets.errors import PermanentFailure

USER_TAG = "user"
SOURCE_VERSION_TAG = "source_version"
SCHEDULE_TAG = "dagster/schedule_name"
SENSOR_TAG = "dagster/sensor_name"
BACKFILL_TAG = "dagster/backfill"


def launched_by(context: dg.AssetExecutionContext) -> str:
    """Return who launched the run; never empty (U-31)."""
    tags = context.run.tags
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
