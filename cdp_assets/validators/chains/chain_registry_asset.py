"""The asset of the registry: chains as configured now, and every configuration they ever had."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.validators.chains.chain_keys import PLAN, REGISTRY_KEY
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from resources.postgres.warehouse import Warehouse

CODE_VERSION = "1"
_CHAINS = "select * from validators.chain_registry order by chain_id"
_TABLES_CHECK = dg.AssetCheckSpec(
    "every_chain_has_its_tables",
    asset=REGISTRY_KEY.split("/"),
    description="Each chain of chains.yaml has its leaf of every canonical table.",
    blocking=True,
)


def build_registry_asset(registry: Registry) -> dg.AssetsDefinition:
    """Return the asset that writes a loaded registry to the warehouse."""

    @dg.asset(
        key=REGISTRY_KEY.split("/"),
        group_name="validator_canonical",
        kinds={"python", "postgres", "yaml"},
        tags={
            "domain": "validators",
            "layer": "canonical",
            "cadence": "none",
            "pii": "none",
            "tier": "1",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["none"],
        code_version=CODE_VERSION,
        metadata={PLANNED_BY: PLAN},
        check_specs=[_TABLES_CHECK],
    )
    def chain_registry(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        run, missing = write_registry(context, warehouse, registry)
        chains = ", ".join(chain.chain_id for chain in registry.chains)
        yield run.result(REGISTRY_KEY, metadata={"chains": chains})
        yield tables_check(missing)

    return chain_registry


def tables_check(missing: Sequence[str]) -> dg.AssetCheckResult:
    """Return the check that every chain has its tables."""
    return check_result(
        REGISTRY_KEY,
        _TABLES_CHECK.name,
        str(_TABLES_CHECK.description),
        failing_rows=len(missing),
        samples=missing,
        found=f"Without tables: {', '.join(missing)}; run `cdp migrate`." if missing else "",
        sql="select relid from pg_partition_tree('validators.canonical_validator_fees')",
    )


def write_registry(
    context: RunContext, warehouse: Warehouse, registry: Registry
) -> tuple[PartitionRun, list[str]]:
    """Replace the chains by those of the registry and record their configurations.

    The version stays where all chains were configured like this before, because every run of a
    chain's periods calls this.

    Returns:
        The run, and the chains without tables.
    """
    with (
        partition_run(context, warehouse, [REGISTRY_KEY], code_version=CODE_VERSION) as run,
        run.connection() as connection,
    ):
        with run.transaction(connection) as cursor:
            before = cursor.execute(_CHAINS).fetchall()
            cursor.execute("delete from validators.chain_registry")
            for chain in registry.chains:
                _write_chain(cursor, registry, chain, run.as_of)
            is_changed = cursor.execute(_CHAINS).fetchall() != before
            run.publish(cursor, REGISTRY_KEY, len(registry.chains), is_changed=is_changed)
        return run, _missing_leaves(connection, registry)


def _write_chain(cursor: psycopg.Cursor, registry: Registry, chain: Chain, now: datetime) -> None:
    config_hash = registry.config_hash(chain.chain_id)
    cursor.execute(
        "insert into validators.chain_registry values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            chain.chain_id,
            chain.name,
            chain.protocol,
            chain.native_symbol,
            chain.native_decimals,
            chain.main_period_type,
            chain.first_period,
            config_hash,
        ],
    )
    cursor.execute(
        "insert into validators.chain_configs values (%s, %s, %s, %s) on conflict do nothing",
        [config_hash, chain.chain_id, Jsonb(registry.config(chain.chain_id)), now],
    )


def _missing_leaves(connection: psycopg.Connection, registry: Registry) -> list[str]:
    return [
        chain.chain_id
        for chain in registry.chains
        if connection.execute(
            "select to_regclass(%s)", [f"validators.canonical_validator_fees__{chain.key_name}"]
        ).fetchone()
        == (None,)
    ]
