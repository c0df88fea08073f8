"""Every schedule and sensor, and whether it runs by default (U-48).

One switch decides: ``CDP_AUTOMATION``. Scope: the list; not here: what an evaluation does.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from cdp_assets.filplus.jobs import JOBS
from cdp_assets.settings import get_settings
from cdp_assets.validators.chains.chain_registry import Registry
from sensors.alerts import build_alert_sensor
from sensors.chain_periods import build_period_sensor
from sensors.late_data import build_late_data_sensor
from sensors.open_data import build_open_data_sensor
from sensors.restatement_watch import build_restatement_sensor
from sensors.schedules import build_schedules
from sensors.unfinished_partitions import build_unfinished_partitions_sensor


def build_automation(registry: Registry) -> dict[str, Any]:
    """Return schedules and sensors by the name of the argument of ``Definitions``."""
    is_on = get_settings().automation == "on"
    sensor_status = dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED
    schedule_status = (
        dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED
    )
    return {
        "schedules": build_schedules(schedule_status),
        "sensors": [
            build_late_data_sensor(JOBS, sensor_status),
            build_open_data_sensor(JOBS, sensor_status),
            build_unfinished_partitions_sensor(JOBS, sensor_status),
            build_alert_sensor(sensor_status),
            *(
                build(registry, chain, default_status=sensor_status)
                for chain in registry.chains
                for build in (build_period_sensor, build_restatement_sensor)
            ),
        ],
    }
