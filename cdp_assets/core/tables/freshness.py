"""How old the newest good partition of an asset may be before the UI warns (D-07)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

WARN_AFTER: Mapping[str, timedelta] = {
    "hourly": timedelta(hours=2),  # one missed tick
    "snapshot": timedelta(hours=2),  # one missed tick
    "daily": timedelta(hours=26),
    "weekly": timedelta(hours=3),  # the running week is refreshed by every hourly tick
    "period": timedelta(days=4),  # a Solana epoch lasts about two days
    "none": timedelta(days=400),  # changes with the configuration only
}

FRESHNESS_BY_CADENCE: Mapping[str, dg.FreshnessPolicy] = {
    cadence: dg.FreshnessPolicy.time_window(fail_window=2 * warn, warn_window=warn)
    for cadence, warn in WARN_AFTER.items()
}
