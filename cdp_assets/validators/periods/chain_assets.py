"""Assets of one chain, from one factory for all chains.

Scope: definitions (keys, partitions, checks) and starting a step; not here: the work of a period
(``period_steps``), iterating over periods (``period_runner``), rules.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES, as_dagster_failures
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.partitions import chain_periods
from cdp_assets.units import counted
from cdp_assets.validators.canonical import checks
from cdp_assets.validators.canonical.normalise import CODE_VERSION, WriteContext
from cdp_assets.validators.chains.chain_keys import PLAN, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods import period_steps
from cdp_assets.validators.periods.period_plan import (
    plan_periods,
    received_periods,
    register_periods,
)
from cdp_assets.validators.periods.period_runner import PeriodResult, materialization, run_periods
from cdp_assets.validators.periods.period_table import PeriodUpdate, update_periods
from resources.postgres.warehouse import Warehouse

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


@dataclass(frozen=True, kw_only=True)
class PeriodStep:
    """One asset of a chain whose partitions are its periods.

    Attributes:
        asset_key: The table.
        upstream: Assets that it depends on.
        inputs: Of these, those whose versions are published with the rows.
        checks: Of the table, as those of this asset.
        work: What is done for one period.
        source: The outside source that is requested, one run at a time; null: none.
    """

    asset_key: str
    upstream: Sequence[str]
    inputs: Sequence[str]
    checks: Sequence[SqlCheck]
    work: Callable[[WriteContext, ChainSources, str], PeriodResult]
    source: str | None = None

    def run(
        self,
        context: RunContext,
        warehouse: Warehouse,
        registry: Registry,
        chain: Chain,
        sources: ChainSources,
        keys: Sequence[str],
    ) -> tuple[PartitionRun, dict[str, PeriodResult]]:
        """Do the work of the periods of a run."""
        return run_periods(
            context,
            warehouse,
            self.asset_key,
            keys,
            lambda run, key: self.work(WriteContext(chain, registry, run), sources, key),
            inputs=self.inputs,
            source=self.source,
        )


def period_steps_of(registry: Registry, chain: Chain) -> dict[str, PeriodStep]:
    """Return the steps over a chain's periods by table, in the order of the data."""
    keys = ChainKeys(chain.key_name)
    meta_only = [keys.identities] if chain.tracked_validators != "all" else []
    steps = (
        PeriodStep(
            asset_key=keys.staging_meta,
            upstream=[keys.periods],
            inputs=[keys.periods],
            checks=checks.of_asset(checks.STAGING_META_CHECKS, keys.staging_meta),
            work=period_steps.stage_meta,
            source=f"{chain.key_name} validators",
        ),
        PeriodStep(
            asset_key=keys.identities,
            upstream=[keys.staging_meta],
            inputs=[keys.staging_meta],
            checks=checks.of_asset(checks.IDENTITY_CHECKS, keys.identities),
            work=period_steps.write_identities,
        ),
        PeriodStep(
            asset_key=keys.staging_fees,
            upstream=[keys.periods, *meta_only],
            inputs=[keys.periods],
            checks=checks.of_asset(checks.STAGING_FEES_CHECKS, keys.staging_fees),
            work=period_steps.stage_fees,
            source=registry.providers_for(chain.chain_id, "FEES", 2**62)[0].name,
        ),
        PeriodStep(
            asset_key=keys.fees,
            upstream=[keys.staging_fees, keys.identities],
            inputs=[keys.staging_fees, keys.identities],
            checks=checks.of_asset(checks.FEE_CHECKS, keys.fees),
            work=period_steps.write_fees,
        ),
    )
    return {step.asset_key: step for step in steps}


def build_chain_assets(
    registry: Registry, chain: Chain, *, retries: dg.RetryPolicy = SOURCE_RETRIES
) -> list[dg.AssetsDefinition]:
    """Return the assets of one chain.

    Args:
        registry: Both files, checked.
        chain: One of its chains.
        retries: Of the assets that fetch from a source; a test passes one that does not wait.
    """
    keys = ChainKeys(chain.key_name)
    return [
        _periods_asset(registry, chain, keys, retries),
        *(
            _period_asset(registry, chain, step, retries if step.source else None)
            for step in period_steps_of(registry, chain).values()
        ),
    ]


def _traits(asset_key: str, layer: str, cadence: str, *, is_source: bool) -> dict[str, Any]:
    """Return what every asset of the domain declares (D-02)."""
    return {
        "key": asset_key.split("/"),
        "group_name": "validator_staging" if layer == "staging" else "validator_canonical",
        "kinds": {"python", "postgres", "solana"} if is_source else {"python", "postgres"},
        "tags": {
            "domain": "validators",
            "layer": layer,
            "cadence": cadence,
            "pii": "none",
            "tier": "1",
        },
        "freshness_policy": FRESHNESS_BY_CADENCE[cadence],
        "code_version": CODE_VERSION,
        "metadata": {PLANNED_BY: PLAN},
    }


def _period_asset(
    registry: Registry, chain: Chain, step: PeriodStep, retries: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    asset_key = step.asset_key
    layer = "staging" if asset_key.startswith("staging/") else "canonical"

    decorate: Decorator = dg.asset(
        **_traits(asset_key, layer, "period", is_source=retries is not None),
        deps=[key.split("/") for key in step.upstream],
        partitions_def=chain_periods(chain.chain_id),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[check.spec() for check in step.checks],
        retry_policy=retries,
    )

    def period_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> Results:
        with as_dagster_failures():
            keys = received_periods(context, chain)
        run, results = step.run(context, warehouse, registry, chain, chain_sources, keys)
        yield materialization(run, asset_key, chain.chain_id, results)
        parameters = {
            "chain": chain.chain_id,
            "periods": keys,
            "winners": [payload for r in results.values() for payload in r.winners],
            "tracks_all": chain.tracked_validators == "all",
        }
        yield from _evaluate(context, warehouse, step.checks, parameters, keys)

    return decorate(period_asset)


def _periods_asset(
    registry: Registry, chain: Chain, keys: ChainKeys, retries: dg.RetryPolicy
) -> dg.AssetsDefinition:
    own_checks = checks.of_asset(checks.PERIOD_CHECKS, keys.periods)

    decorate: Decorator = dg.asset(
        **_traits(keys.periods, "canonical", "period", is_source=True),
        deps=[["validators", "chain_registry"]],
        check_specs=[check.spec() for check in own_checks],
        retry_policy=retries,
    )

    def canonical_periods(
        context: dg.AssetExecutionContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> Results:
        run, update = land_periods(context, warehouse, registry, chain, chain_sources)
        plan = plan_periods(chain, update.head.epoch)
        new = register_periods(context.instance, chain, plan)
        context.log.info(
            f"head in period {update.head.epoch}, {counted(len(new), 'new partition')}"
        )
        result = PeriodResult(
            update.row_count, update.appended,
            statistics={"head_period": update.head.epoch, "new_partitions": len(new)},
        )  # fmt: skip
        yield materialization(run, keys.periods, chain.chain_id, {"": result})
        parameters = {"chain": chain.chain_id, "periods": list(plan.keys)}
        yield from _evaluate(context, warehouse, own_checks, parameters, [""])

    return decorate(canonical_periods)


def land_periods(
    context: RunContext,
    warehouse: Warehouse,
    registry: Registry,
    chain: Chain,
    sources: ChainSources,
) -> tuple[PartitionRun, PeriodUpdate]:
    """Update ``canonical_periods`` to the chain's head."""
    provider = registry.providers_for(chain.chain_id, "PERIODS", 2**62)[0]
    with (
        partition_run(
            context,
            warehouse,
            [ChainKeys(chain.key_name).periods],
            code_version=CODE_VERSION,
            source=provider.name,
        ) as run,
        run.connection() as connection,
        sources.solana_rpc(provider, warehouse) as rpc,
    ):
        write = WriteContext(chain, registry, run)
        return run, update_periods(connection, write, rpc, provider.name)


def _evaluate(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    own_checks: Sequence[SqlCheck],
    parameters: Mapping[str, object],
    partitions: Sequence[str],
) -> Iterator[dg.AssetCheckResult]:
    with warehouse.connect(autocommit=True) as connection:
        for check in own_checks:
            yield checks.evaluate_periods(
                connection, check, parameters, context.run.run_id, partitions
            )
