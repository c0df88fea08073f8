"""The daily checks' part of the code location: checks of the domains' tables, and their job."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from cdp_assets.core.tables.asset_contacts import owned_by
from cdp_assets.quality.check_homes import CheckHomes
from cdp_assets.quality.daily_checks import build_quality_checks, quality_job

TEAM = "team:data-platform"


def build_definitions(tables: Sequence[dg.AssetsDefinition]) -> dg.Definitions:
    """Return the checks, the assets that carry them, and their job.

    Args:
        tables: Assets of the domains.
    """
    homes = CheckHomes.of(tables)
    checks = build_quality_checks(homes, tables)
    return dg.Definitions(
        assets=list(dg.map_asset_specs(owned_by(TEAM), homes.assets(checks))),
        asset_checks=checks,
        jobs=[quality_job(checks)],
    )
