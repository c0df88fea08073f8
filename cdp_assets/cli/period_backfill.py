"""Backfill of a chain's table: its periods are named by their ids, not by times.

Scope: which periods a range of ids names, and the runs over them; not here: launching them
(``cli_session``), backfills by time (``core.planning.planner``).
"""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.planning.domain_plan import PlannedRun
from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.chain_assets.chain_refresh import LARGEST_RUN_PERIODS
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_registry import Chain, load_registry
from cdp_assets.validators.periods.period_plan import ordinal_key, register_periods
from cdp_assets.validators.periods.period_table import known_plan
from resources.batches import batches
from resources.postgres.warehouse import Warehouse


def chain_of(asset_key: str) -> Chain | None:
    """Return the chain whose periods partition an asset; null: it is partitioned otherwise."""
    registry = load_registry()
    return next(
        (chain for chain in registry.chains if asset_key in period_steps_of(registry, chain)), None
    )


def require_period_range(chain: Chain, first: str, end: str) -> None:
    """Refuse ids that are none of the chain's type, or reversed.

    Raises:
        BadConfiguration: As above.
    """
    number = ordinal_key(chain)
    try:
        is_ordered = number(first) < number(end)
    except ValueError as error:
        raise BadConfiguration(
            f"{chain.chain_id} has periods, not times: {error}",
            key=f"--from {first} --to {end}",
            hint="name periods by their ids, such as --from 857 --to 858",
        ) from None
    if not is_ordered:
        raise BadConfiguration("--from must be before --to", key=f"--from {first} --to {end}")


def period_runs(
    instance: dg.DagsterInstance,
    warehouse: Warehouse,
    chain: Chain,
    asset_key: str,
    first: str,
    end: str,
) -> list[PlannedRun]:
    """Return the runs that build every known period of a range, stale or not.

    Args:
        instance: Where the partitions are registered.
        warehouse: Has the chain's periods.
        chain: The chain.
        asset_key: A table of it.
        first: Id of the first period, inclusive.
        end: Id of the last period, exclusive, as for times.
    """
    with warehouse.connect(autocommit=True) as connection:
        plan = known_plan(connection, chain)
    register_periods(instance, chain, plan)
    number = ordinal_key(chain)
    inside = [key for key in plan.keys if number(first) <= number(key) < number(end)]
    key = dg.AssetKey(asset_key.split("/"))
    return [
        PlannedRun(chain.chain_id, (key,), part[0], part[-1], len(part))
        for part in batches(inside, LARGEST_RUN_PERIODS)
    ]
