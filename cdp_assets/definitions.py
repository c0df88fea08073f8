"""Where everything meets. Holds no logic: what is assembled here is written elsewhere.

Importing this needs no network, no database and no secret; the dbt manifest must have been made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from cdp_assets.dbt_assets import build_dbt_assets
from cdp_assets.exposures import build_exposures
from cdp_assets.filplus.compliance.derived_assets import build_derived_assets
from cdp_assets.filplus.compliance.weekly_assets import build_compliance_assets
from cdp_assets.filplus.dmob_assets import dmob_sync
from cdp_assets.filplus.edition5_assets import edition5_figures
from cdp_assets.filplus.overrides.override_job import override_input_job
from cdp_assets.filplus.pair_totals_asset import client_provider_totals
from cdp_assets.filplus.piece_tables_asset import piece_table_assets
from cdp_assets.filplus.provider_sources import PROVIDER_SOURCE_ASSETS
from cdp_assets.filplus.registry_assets import build_registry_assets
from cdp_assets.filplus.reports.entity_job import entity_report_job
from cdp_assets.filplus.reports.report_assets import build_report_assets
from cdp_assets.filplus.url_finder_assets import provider_retrievability
from cdp_assets.jobs import build_jobs
from cdp_assets.quality.daily_checks import build_quality_checks, quality_job
from cdp_assets.settings import get_settings
from cdp_assets.validators.assets import build_chain_assets
from cdp_assets.validators.registry import load_registry
from cdp_assets.validators.registry_asset import build_registry_asset
from cdp_assets.validators.sources import ChainSources
from resources.dbt_runner import DbtRunner
from resources.warehouse import Warehouse
from sensors.automation import build_automation


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the code location.

    Args:
        resource_overrides: Resources by name that replace the usual ones, for tests.
    """
    registry = load_registry()
    resources = {
        "warehouse": Warehouse(),
        "chain_sources": ChainSources(),
        "dbt": DbtRunner(execution=get_settings().dbt_execution, role="cdp_writer"),
    }
    tables = [
        dmob_sync,
        provider_retrievability,
        client_provider_totals,
        piece_table_assets,
        *build_registry_assets(),
        edition5_figures,
        *PROVIDER_SOURCE_ASSETS,
        *build_dbt_assets(),
    ]
    made = frozenset(key for assets in tables for key in assets.keys)
    tables += [*build_report_assets(made), *build_compliance_assets(made)]
    tables += build_derived_assets(frozenset(key for assets in tables for key in assets.keys))
    quality_checks = build_quality_checks(tables)
    jobs = build_jobs(registry, quality_checks)
    return dg.Definitions(
        assets=[
            *tables,
            *build_exposures(),
            build_registry_asset(registry),
            *(asset for chain in registry.chains for asset in build_chain_assets(registry, chain)),
        ],
        asset_checks=quality_checks,
        jobs=[*jobs, entity_report_job, override_input_job, quality_job(quality_checks)],
        resources={**resources, **(resource_overrides or {})},
        executor=dg.in_process_executor,
        **build_automation(registry, jobs),
    )


defs = build_defs()
