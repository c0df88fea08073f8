"""The validators' part of the code location: registry, and assets and a job per chain."""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.dagster_compat import UnresolvedAssetJobDefinition
from cdp_assets.core.tables.contracts import declared_by
from cdp_assets.validators.agreements.agreement_job import agreement_job
from cdp_assets.validators.agreements.client_mapping_job import client_mapping_job
from cdp_assets.validators.agreements.override_job import override_job
from cdp_assets.validators.chain_assets.chain_assets import build_chain_assets
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chain_assets.recompute_job import build_recompute_job
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.chains.chain_registry_asset import build_registry_asset
from cdp_assets.validators.pnl.fx_rates_asset import build_fx_job, build_fx_rates_asset
from cdp_assets.validators.reconciliation.acknowledge_job import acknowledge_job
from cdp_assets.validators.statements.statement_asset import JOB as STATEMENTS_JOB
from cdp_assets.validators.statements.statement_asset import build_statement_asset
from cdp_assets.validators.statements.statement_job import build_statement_jobs
from cdp_assets.validators.statements.statement_store import STATEMENTS_KEY

TEAM = "team:validator-data"


def build_definitions(registry: Registry) -> dg.Definitions:
    """Return assets, with their checks, and jobs of the domain.

    Args:
        registry: Of chains; each has its own assets and job.
    """
    assets = [
        build_registry_asset(registry),
        build_fx_rates_asset(registry),
        *(asset for chain in registry.chains for asset in build_chain_assets(registry, chain)),
        build_statement_asset(registry),
    ]
    return dg.Definitions(
        assets=list(dg.map_asset_specs(declared_by(TEAM), assets)),
        jobs=[
            agreement_job,
            client_mapping_job,
            override_job,
            acknowledge_job,
            build_recompute_job(registry),
            build_fx_job(),
            *(_periods_job(registry, chain) for chain in registry.chains),
            *build_statement_jobs(registry),
            dg.define_asset_job(
                STATEMENTS_JOB,
                selection=dg.AssetSelection.assets(STATEMENTS_KEY.split("/")),
                description="Draft the statements of a month, or of a range of months.",
            ),
        ],
    )


def _periods_job(registry: Registry, chain: Chain) -> UnresolvedAssetJobDefinition:
    keys = [dg.AssetKey(key.split("/")) for key in period_steps_of(registry, chain)]
    return dg.define_asset_job(
        f"{chain.key_name}_periods_job",
        selection=dg.AssetSelection.assets(*keys),
        description=f"Fetch and write one period of {chain.name}, or a range of periods.",
    )
