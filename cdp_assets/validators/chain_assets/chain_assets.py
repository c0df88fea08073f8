"""Assets of one chain, from one factory for all chains.

Scope: definitions (keys, partitions, checks) and starting a step; not here: the work of a period
(``period_steps``), iterating over periods (``period_runner``), rules.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES, as_dagster_failures
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.partitions import chain_periods
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from cdp_assets.validators.canonical import checks
from cdp_assets.validators.canonical.normalise import CODE_VERSION, WriteContext
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import PLAN, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Provider, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import (
    plan_periods,
    received_periods,
    register_periods,
)
from cdp_assets.validators.periods.period_runner import PeriodResult, materialization
from cdp_assets.validators.periods.period_step import PeriodStep
from cdp_assets.validators.periods.period_table import PeriodUpdate, update_periods
from resources.postgres.warehouse import Warehouse

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


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


def _traits(
    chain: Chain,
    asset_key: str,
    group: str,
    *,
    is_source: bool,
    code_version: str = CODE_VERSION,
) -> dict[str, Any]:
    """Return what every asset of the domain declares (D-02)."""
    layer, cadence = group.removeprefix("validator_"), "period"
    return {
        "key": asset_key.split("/"),
        "group_name": group,
        "kinds": {"python", "postgres", chain.protocol} if is_source else {"python", "postgres"},
        "tags": {
            "domain": "validators",
            "layer": layer,
            "cadence": cadence,
            "pii": "none",
            "tier": "1",
        },
        "freshness_policy": FRESHNESS_BY_CADENCE[cadence],
        "code_version": code_version,
        "metadata": {PLANNED_BY: PLAN},
    }


def _period_asset(
    registry: Registry, chain: Chain, step: PeriodStep, retries: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    asset_key = step.asset_key

    decorate: Decorator = dg.asset(
        **_traits(
            chain,
            asset_key,
            step.group,
            is_source=retries is not None,
            code_version=step.code_version,
        ),
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
        written = [key for key in keys if not (key in results and results[key].is_skipped)]
        parameters = {
            "chain": chain.chain_id,
            "periods": written,
            "winners": [payload for r in results.values() for payload in r.winners],
            "tracks_all": chain.tracked_validators == "all",
            "has_prices": get_settings().fx_source is not None,
        }
        yield from _evaluate(context, warehouse, step.checks, parameters, written)

    return decorate(period_asset)


def _periods_asset(
    registry: Registry, chain: Chain, keys: ChainKeys, retries: dg.RetryPolicy
) -> dg.AssetsDefinition:
    own_checks = checks.of_asset(checks.PERIOD_CHECKS, keys.periods)

    decorate: Decorator = dg.asset(
        **_traits(chain, keys.periods, "validator_canonical", is_source=True),
        deps=[["validators", "chain_registry"]],
        check_specs=[check.spec() for check in own_checks],
        retry_policy=retries,
    )

    def canonical_periods(
        context: dg.AssetExecutionContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> Results:
        run, update = land_periods(context, warehouse, registry, chain, chain_sources)
        plan = plan_periods(update.head)
        new = register_periods(context.instance, chain, plan)
        newest = update.head.periods[-1] if update.head.periods else None
        context.log.info(
            f"head in period {newest.period_id if newest else 'none'}, "
            f"{counted(len(new), 'new partition')}"
        )
        result = PeriodResult(
            update.row_count,
            update.appended,
            statistics={
                "head_period": newest.ordinal if newest else -1,
                "new_partitions": len(new),
            },
        )
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
    provider = node_of(registry, chain)
    with (
        partition_run(
            context,
            warehouse,
            [ChainKeys(chain.key_name).periods],
            code_version=CODE_VERSION,
            source=provider.name,
        ) as run,
        run.connection() as connection,
        sources.open(provider, warehouse) as node,
    ):
        write = WriteContext(chain, registry, run)
        return run, update_periods(connection, write, node, provider.name)


def node_of(registry: Registry, chain: Chain) -> Provider:
    """Return the provider of a chain's head and periods."""
    return registry.providers_for(chain.chain_id, "PERIODS", None)[0]


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
