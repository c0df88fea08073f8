"""Every schedule and sensor, and whether it runs unless somebody says otherwise (U-48).

One switch decides: ``CDP_AUTOMATION``. Belongs here: the list. Does not: what an evaluation does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from cdp_assets.settings import get_settings
from cdp_assets.validators.registry import Registry
from sensors.failure_sensor import build_failure_sensor
from sensors.open_data_sensor import build_open_data_sensor
from sensors.period_sensor import build_period_sensor
from sensors.schedules import build_schedules
from sensors.touched_hours_sensor import build_touched_hours_sensor
from sensors.unfinished_sensor import build_unfinished_sensor


def build_automation(
    registry: Registry, jobs: Sequence[UnresolvedAssetJobDefinition]
) -> dict[str, Any]:
    """Return schedules and sensors by the name of the argument of ``Definitions``."""
    is_on = get_settings().automation == "on"
    sensor_status = dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED
    schedule_status = (
        dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED
    )
    return {
        "schedules": build_schedules(schedule_status),
        "sensors": [
            build_touched_hours_sensor(jobs, sensor_status),
            build_open_data_sensor(jobs, sensor_status),
            build_unfinished_sensor(jobs, sensor_status),
            build_failure_sensor(sensor_status),
            *(
                build_period_sensor(registry, chain, default_status=sensor_status)
                for chain in registry.chains
            ),
        ],
    }
