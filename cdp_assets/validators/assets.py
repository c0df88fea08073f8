"""Dagster assets of the validator domain: one registry, and a set per chain from one factory.

Belongs here: definitions (keys, partitions, texts, checks) and nothing else. Does not: the work of
a period (``period_work``), the frame of a run (``period_runs``), rules.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg

from cdp_assets import clock
from cdp_assets.failures import SOURCE_RETRIES, explained
from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.partitions import chain_periods
from cdp_assets.run_context import note_launch
from cdp_assets.validators import checks, period_work
from cdp_assets.validators.asset_texts import DESCRIPTIONS, OWNER, column_schema
from cdp_assets.validators.chain_keys import ChainKeys
from cdp_assets.validators.normalise import CODE_VERSION, WriteContext
from cdp_assets.validators.period_plan import plan_periods, received_periods, register_periods
from cdp_assets.validators.period_runs import PeriodResult, materialization, run_periods
from cdp_assets.validators.period_table import update_periods
from cdp_assets.validators.registry import Chain, Registry
from cdp_assets.validators.sources import ChainSources
from resources.publication import record_run
from resources.warehouse import Warehouse

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
    keys = ChainKeys(chain.snake)
    meta_only = [keys.identities] if chain.tracked_validators != "all" else []
    return [
        _periods_asset(registry, chain, keys, retries),
        _period_asset(
            registry, chain, keys.staging_meta, [keys.periods], checks.STAGING_META_CLAIMS,
            _stage(period_work.stage_meta), retries, pool=f"provider_{chain.snake}_meta",
        ),
        _period_asset(
            registry, chain, keys.identities, [keys.staging_meta], checks.IDENTITY_CLAIMS,
            _write(period_work.write_identities),
        ),
        _period_asset(
            registry, chain, keys.staging_fees, [keys.periods, *meta_only],
            checks.STAGING_FEES_CLAIMS, _stage(period_work.stage_fees), retries,
            pool=f"provider_{registry.providers_for(chain.chain_id, 'FEES', 2**62)[0].name}",
        ),
        _period_asset(
            registry, chain, keys.fees, [keys.staging_fees, keys.identities], checks.FEE_CLAIMS,
            _write(period_work.write_fees),
        ),
    ]  # fmt: skip


Work = Callable[[WriteContext, Warehouse, ChainSources, str], PeriodResult]


def _stage(work: Work) -> Work:
    return work


def _write(work: Callable[[WriteContext, Warehouse, str], PeriodResult]) -> Work:
    return lambda context, warehouse, _, period_id: work(context, warehouse, period_id)


def _traits(asset_key: str, layer: str, cadence: str, *, is_source: bool) -> dict[str, Any]:
    """Return what every asset of the domain declares (D-02)."""
    table = asset_key.split("/")[-1]
    return {
        "key": asset_key.split("/"),
        "description": DESCRIPTIONS[table],
        "group_name": "validator_staging" if layer == "staging" else "validator_canonical",
        "owners": [OWNER],
        "kinds": {"python", "postgres", "solana"} if is_source else {"python", "postgres"},
        "tags": {
            "domain": "validators", "layer": layer, "cadence": cadence, "pii": "none", "tier": "1",
        },
        "freshness_policy": FRESHNESS_BY_CADENCE[cadence],
        "code_version": CODE_VERSION,
        "metadata": {"dagster/column_schema": column_schema(table)},
    }  # fmt: skip


def _period_asset(
    registry: Registry,
    chain: Chain,
    asset_key: str,
    upstream: Sequence[str],
    claims: Sequence[checks.Claim],
    work: Work,
    retries: dg.RetryPolicy | None = None,
    pool: str | None = None,
) -> dg.AssetsDefinition:
    layer = "staging" if asset_key.startswith("staging/") else "canonical"

    decorate: Decorator = dg.asset(
        **_traits(asset_key, layer, "period", is_source=retries is not None),
        deps=[key.split("/") for key in upstream],
        partitions_def=chain_periods(chain.chain_id),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[claim.spec(asset_key) for claim in claims],
        retry_policy=retries,
        pool=pool,
    )

    def period_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> Results:
        with explained():
            keys = received_periods(context, chain)
            write = WriteContext(chain, registry, clock.now(), context.run.run_id)
            results = run_periods(
                context, warehouse, asset_key, keys, partial(work, write, warehouse, chain_sources)
            )
        yield materialization(context, warehouse, asset_key, chain.chain_id, results)
        parameters = {
            "chain": chain.chain_id,
            "periods": keys,
            "winners": [payload for r in results.values() for payload in r.winners],
            "tracks_all": chain.tracked_validators == "all",
        }
        yield from _check(context, warehouse, asset_key, claims, parameters, keys)

    return decorate(period_asset)


def _periods_asset(
    registry: Registry, chain: Chain, keys: ChainKeys, retries: dg.RetryPolicy
) -> dg.AssetsDefinition:
    provider = registry.providers_for(chain.chain_id, "PERIODS", 2**62)[0]

    decorate: Decorator = dg.asset(
        **_traits(keys.periods, "canonical", "period", is_source=True),
        deps=[["validators", "chain_registry"]],
        check_specs=[claim.spec(keys.periods) for claim in checks.PERIOD_CLAIMS],
        retry_policy=retries,
        pool=f"provider_{provider.name}",
    )

    def canonical_periods(
        context: dg.AssetExecutionContext, warehouse: Warehouse, chain_sources: ChainSources
    ) -> Results:
        write = WriteContext(chain, registry, clock.now(), context.run.run_id)
        with (
            explained(),
            warehouse.lock_tables([keys.periods]),
            record_run(
                warehouse, run_id=context.run.run_id, asset_keys=[keys.periods],
                partition_keys=[""], window=None, launched_by=note_launch(context, warehouse),
            ) as record,
            warehouse.connect(autocommit=True) as connection,
            chain_sources.solana_rpc(provider, warehouse) as rpc,
        ):  # fmt: skip
            update = update_periods(connection, write, rpc, provider.name)
            record.rows_written = update.appended.written
        plan = plan_periods(chain, update.head.epoch)
        new = register_periods(context.instance, chain, plan)
        context.log.info(f"head in period {update.head.epoch}, {len(new)} new partitions")
        result = PeriodResult(
            update.row_count, update.appended,
            figures={"head_period": update.head.epoch, "new_partitions": len(new)},
        )  # fmt: skip
        yield materialization(context, warehouse, keys.periods, chain.chain_id, {"": result})
        parameters = {"chain": chain.chain_id, "periods": list(plan.keys)}
        yield from _check(context, warehouse, keys.periods, checks.PERIOD_CLAIMS, parameters, [""])

    return decorate(canonical_periods)


def _check(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_key: str,
    claims: Sequence[checks.Claim],
    parameters: Mapping[str, object],
    partitions: Sequence[str],
) -> Iterator[dg.AssetCheckResult]:
    with warehouse.connect(autocommit=True) as connection:
        for claim in claims:
            yield checks.evaluate(
                connection, claim, asset_key, parameters, context.run.run_id, partitions
            )
