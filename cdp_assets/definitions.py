"""The code location: the domains' definitions, merged with resources and automation; no logic.

Importing this needs no network, no database and no secret; the dbt manifest must have been built.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

import dagster as dg

from cdp_assets.core.tables.exposures import build_exposures
from cdp_assets.filplus import definitions as filplus
from cdp_assets.governance import definitions as governance
from cdp_assets.quality import definitions as quality
from cdp_assets.settings import get_settings
from cdp_assets.validators import definitions as validators
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.ingestion.sources import ChainSources
from resources.dbt_runner import DbtRunner
from resources.postgres.warehouse import Warehouse
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
    domains = (filplus.build_definitions(), validators.build_definitions(registry))
    tables = [
        table
        for domain in domains
        for table in domain.assets or ()
        if isinstance(table, dg.AssetsDefinition)
    ]
    return dg.Definitions.merge(
        *domains,
        governance.build_definitions(),
        quality.build_definitions(tables),
        dg.Definitions(
            assets=build_exposures(tables),
            resources={**resources, **(resource_overrides or {})},
            executor=dg.in_process_executor,
            **build_automation(registry),
        ),
    )


defs = build_defs()
gc.freeze()  # what the import made stays: the collector would walk it again and again
