"""Variables of dbt beside the window when a run builds weeks, after the guards that may refuse it.

Scope: the domain's part of ``core.dbt.assets``; not here: the guards (``weekly_guard``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from cdp_assets import partitions
from cdp_assets.core.dbt.assets import SQL_TIMESTAMP, RunVariables, asset_key_of, code_version_of
from cdp_assets.filplus.deals.table_keys import CLAIMS, DEALS, REPEATED, TOTALS
from cdp_assets.filplus.deals.weekly_guard import (
    as_of_of_hours,
    cumulative_base,
    incremental_since,
    require_finished_hours,
    require_piece_history,
)


def weekly_variables(
    connection: psycopg.Connection,
    models: Sequence[Mapping[str, Any]],
    window: partitions.Window,
    as_of: datetime,
) -> RunVariables:
    """Return the clock and the variables of a run; models without weeks need no further ones.

    Raises:
        MissingUpstream: The hours of the weeks, or the pieces before them, are not complete.
    """
    if not any("weekly" in model["tags"] for model in models):
        return RunVariables(as_of)
    require_finished_hours(connection, window, as_of)
    as_of = as_of_of_hours(connection, window, as_of)
    by_key = {asset_key_of(model): model for model in models}
    found: dict[str, object] = {}
    accumulated = {TOTALS, CLAIMS} & by_key.keys()
    if REPEATED in by_key or accumulated:
        require_piece_history(connection, window)
    if accumulated:
        found["accumulate_from"] = cumulative_base(connection, window, accumulated)
    code_versions = {
        key: code_version_of(model)
        for key, model in by_key.items()
        if model["config"]["meta"]["partition"].get("changed_keys")
    }
    base = incremental_since(connection, window, as_of, code_versions)
    if base is not None:
        found["changed_since"] = {
            "version": base.version,
            "as_of": base.as_of.astimezone(UTC).strftime(SQL_TIMESTAMP),
            "input_versions": {DEALS: base.landed},
        }
    return RunVariables(as_of, found)
