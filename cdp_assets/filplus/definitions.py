"""Filecoin Plus's part of the code location: its assets with their checks, and its jobs."""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.dbt.assets import build_dbt_assets
from cdp_assets.core.tables.contracts import declared_by
from cdp_assets.filplus.compliance.statistics_variables import WEEKLY_STATISTICS
from cdp_assets.filplus.compliance.weekly_assets import build_compliance_assets
from cdp_assets.filplus.deals.client_provider_totals_asset import client_provider_totals
from cdp_assets.filplus.deals.piece_tables_asset import piece_table_assets
from cdp_assets.filplus.deals.weekly_variables import weekly_variables
from cdp_assets.filplus.dmob.assets import dmob_sync
from cdp_assets.filplus.edition5.assets import edition5_statistics
from cdp_assets.filplus.jobs import JOBS
from cdp_assets.filplus.overrides.override_job import override_input_job
from cdp_assets.filplus.providers.all_assets import PROVIDER_SOURCE_ASSETS
from cdp_assets.filplus.providers.url_finder.assets import provider_retrievability
from cdp_assets.filplus.registry.assets import build_registry_assets
from cdp_assets.filplus.reports.entity_job import entity_report_job
from cdp_assets.filplus.reports.report_assets import build_report_assets

TEAM = "team:filplus-data"


def build_definitions() -> dg.Definitions:
    """Return assets, with their checks, and jobs of the domain."""
    tables = [
        dmob_sync,
        provider_retrievability,
        client_provider_totals,
        piece_table_assets,
        *build_registry_assets(),
        edition5_statistics,
        *PROVIDER_SOURCE_ASSETS,
        *build_dbt_assets("filplus", weekly_variables, [WEEKLY_STATISTICS]),
    ]
    known = frozenset(key for assets in tables for key in assets.keys)
    tables += [*build_report_assets(known), *build_compliance_assets(known)]
    return dg.Definitions(
        assets=list(dg.map_asset_specs(declared_by(TEAM), tables)),
        jobs=[*JOBS, entity_report_job, override_input_job],
    )
