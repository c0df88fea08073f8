"""Assets of one chain, from one factory for all chains.

Scope: definitions (keys, partitions, checks); not here: the work of a period (``period_steps``),
the frame of a run (``period_runner``), rules.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg

from cdp_assets import clock
from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES, as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run
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
from cdp_assets.validators.periods.period_table import update_periods
from resources.postgres.ops_status import record_run
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
        retries: Of the assets that ask a source; a test passes one that does not wait.
    """
    keys = ChainKeys(chain.key_name)
    meta_only = [keys.identities] if chain.tracked_validators != "all" else []
    return [
        _periods_asset(registry, chain, keys, retries),
        _period_asset(
            registry, chain, keys.staging_meta, [keys.periods], checks.STAGING_META_CHECKS,
            _stage(period_steps.stage_meta), retries, source=f"{chain.key_name} validators",
        ),
        _period_asset(
            registry, chain, keys.identities, [keys.staging_meta], checks.IDENTITY_CHECKS,
            _write(period_steps.write_identities),
        ),
        _period_asset(
            registry, chain, keys.staging_fees, [keys.periods, *meta_only],
            checks.STAGING_FEES_CHECKS, _stage(period_steps.stage_fees), retries,
            source=registry.providers_for(chain.chain_id, "FEES", 2**62)[0].name,
        ),
        _period_asset(
            registry, chain, keys.fees, [keys.staging_fees, keys.identities], checks.FEE_CHECKS,
            _write(period_steps.write_fees),
        ),
    ]  # fmt: skip


Work = Callable[[WriteContext, Warehouse, ChainSources, str], PeriodResult]


def _stage(work: Work) -> Work:
    return work


def _write(work: Callable[[WriteContext, Warehouse, str], PeriodResult]) -> Work:
    return lambda context, warehouse, _, period_id: work(context, warehouse, period_id)


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
    registry: Registry,
    chain: Chain,
    asset_key: str,
    upstream: Sequence[str],
    checks_of_table: Sequence[SqlCheck],
    work: Work,
    retries: dg.RetryPolicy | None = None,
    source: str | None = None,
) -> dg.AssetsDefinition:
    own_checks = checks.of_asset(checks_of_table, asset_key)
    layer = "staging" if asset_key.startswith("staging/") else "canonical"

    decorate: Decorator = dg.asset(
        **_traits(asset_key, layer, "period", is_source=retries is not None),
        deps=[key.split("/") for key in upstream],
        partitions_def=chain_periods(chain.chain_id),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[check.spec() for check in own_checks],
        retry_policy=retries,
    )

    def period_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> Results:
        with as_dagster_failures():
            keys = received_periods(context, chain)
            write = WriteContext(chain, registry, clock.now(), context.run.run_id)
            results = run_periods(
                context,
                warehouse,
                asset_key,
                keys,
                partial(work, write, warehouse, chain_sources),
                source=source,
            )
        yield materialization(context, warehouse, asset_key, chain.chain_id, results)
        parameters = {
            "chain": chain.chain_id,
            "periods": keys,
            "winners": [payload for r in results.values() for payload in r.winners],
            "tracks_all": chain.tracked_validators == "all",
        }
        yield from _evaluate(context, warehouse, own_checks, parameters, keys)

    return decorate(period_asset)


def _periods_asset(
    registry: Registry, chain: Chain, keys: ChainKeys, retries: dg.RetryPolicy
) -> dg.AssetsDefinition:
    provider = registry.providers_for(chain.chain_id, "PERIODS", 2**62)[0]
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
        write = WriteContext(chain, registry, clock.now(), context.run.run_id)
        with (
            as_dagster_failures(),
            lock_for_run(context, warehouse, [keys.periods], source=provider.name) as user,
            record_run(
                warehouse,
                run_id=context.run.run_id,
                asset_keys=[keys.periods],
                partition_keys=[""],
                window=None,
                launched_by=user,
            ) as record,
            warehouse.connect(autocommit=True) as connection,
            chain_sources.solana_rpc(provider, warehouse) as rpc,
        ):
            update = update_periods(connection, write, rpc, provider.name)
            record.rows_written = update.appended.written
        plan = plan_periods(chain, update.head.epoch)
        new = register_periods(context.instance, chain, plan)
        context.log.info(
            f"head in period {update.head.epoch}, {counted(len(new), 'new partition')}"
        )
        result = PeriodResult(
            update.row_count,
            update.appended,
            figures={"head_period": update.head.epoch, "new_partitions": len(new)},
        )
        yield materialization(context, warehouse, keys.periods, chain.chain_id, {"": result})
        parameters = {"chain": chain.chain_id, "periods": list(plan.keys)}
        yield from _evaluate(context, warehouse, own_checks, parameters, [""])

    return decorate(canonical_periods)


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
