"""Sensor for closed weeks of compliance whose open-data providers have changed.

Present bookkeeping, registry and deals determine which providers are open data, and with them the
average that every provider of every week is compared with. The event is a newer version of one of
these; the sensor requests the weeks in which it changed a provider's kind. The cursor holds the
versions that were compared, so a failed run is not requested for ever. Scope: the event and its
request; not here: which providers are open data (``cdp_assets.filplus.compliance.open_data``).
"""

# No postponed annotations here: the framework reads types from the signature.

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.dagster_compat import UnresolvedAssetJobDefinition
from cdp_assets.core.runs.run_tags import USER_TAG, range_tags
from cdp_assets.filplus.compliance.open_data import outdated_weeks
from cdp_assets.filplus.compliance.statistics_variables import (
    AVERAGES,
    HISTOGRAMS,
    SPS_COMPLIANCE,
)
from cdp_assets.filplus.compliance.weekly_tables import ALLOCATORS, OPEN_DATA_INPUTS, PROVIDERS
from cdp_assets.filplus.jobs import WEEKLY_JOB
from resources.postgres.ops_status import input_versions
from resources.postgres.warehouse import Warehouse
from sensors.schedules import first_scheduled_week

SENSOR = "open_data_sensor"
_CURSOR_VERSION = 1
_DAY = timedelta(days=1)
_KEYS = [
    dg.AssetKey(key.split("/"))
    for key in (PROVIDERS.key, ALLOCATORS.key, AVERAGES, SPS_COMPLIANCE, HISTOGRAMS)
]


def build_open_data_sensor(
    jobs: Sequence[UnresolvedAssetJobDefinition], default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor.

    Args:
        jobs: The one that it may launch is picked by name.
        default_status: Running only where automation is switched on.
    """

    @dg.sensor(
        name=SENSOR,
        jobs=[job for job in jobs if job.name == WEEKLY_JOB],
        minimum_interval_seconds=int(_DAY.total_seconds()),
        default_status=default_status,
        description=(
            "Recomputes the classes of closed weeks whose open-data providers have changed with "
            "bookkeeping, registry or deals. One request per change."
        ),
    )
    def open_data_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.SensorResult:
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            return plan_tick(connection, context.cursor, clock.now())

    return open_data_sensor


def plan_tick(
    connection: psycopg.Connection, cursor: str | None, as_of: datetime
) -> dg.SensorResult:
    """Return what one evaluation requests: one range of closed weeks, or nothing."""
    with connection.cursor() as reading:
        versions = input_versions(reading, OPEN_DATA_INPUTS)
    if 0 in versions.values():
        return dg.SensorResult(
            skip_reason="the inputs that determine open data were never built", cursor=cursor
        )
    seen = json.dumps({"version": _CURSOR_VERSION, "inputs": versions}, sort_keys=True)
    if seen == cursor:
        return dg.SensorResult(
            skip_reason="the inputs that determine open data have not changed", cursor=cursor
        )
    weeks = outdated_weeks(connection, first_scheduled_week(as_of))
    if weeks is None:
        return dg.SensorResult(
            skip_reason="every closed week has the present open-data providers", cursor=seen
        )
    return dg.SensorResult(run_requests=[_request(*weeks, seen)], cursor=seen)


def _request(first: datetime, last: datetime, seen: str) -> dg.RunRequest:
    return dg.RunRequest(
        job_name=WEEKLY_JOB,
        run_key=f"{SENSOR}:{hashlib.sha256(seen.encode()).hexdigest()[:16]}",
        asset_selection=_KEYS,
        tags={
            USER_TAG: f"sensor:{SENSOR}",
            **range_tags(*(partitions.key_of(partitions.weeks, one) for one in (first, last))),
        },
    )
