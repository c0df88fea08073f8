"""Where everything meets. Holds no logic: what is assembled here is written elsewhere.

Importing this needs no network, no database and no secret; the dbt manifest must have been made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from cdp_assets.dbt_assets import build_dbt_assets
from cdp_assets.filplus.dmob_assets import dmob_sync
from cdp_assets.filplus.url_finder_assets import provider_retrievability
from cdp_assets.jobs import build_jobs
from cdp_assets.settings import get_settings
from resources.dbt_runner import DbtRunner
from resources.warehouse import Warehouse
from sensors.automation import build_automation


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the code location.

    Args:
        resource_overrides: Resources by name that replace the usual ones, for tests.
    """
    resources = {
        "warehouse": Warehouse(),
        "dbt": DbtRunner(execution=get_settings().dbt_execution, role="cdp_writer"),
    }
    return dg.Definitions(
        assets=[dmob_sync, provider_retrievability, *build_dbt_assets()],
        jobs=build_jobs(),
        resources={**resources, **(resource_overrides or {})},
        executor=dg.in_process_executor,
        **build_automation(),
    )


defs = build_defs()
