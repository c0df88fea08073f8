"""The plan of the chains: registry, then for each chain its head and the runs over stale periods.

Scope: what ``cdp refresh`` launches; not here: which periods are stale (``chain_refresh``), what
automation launches (``sensors.chain_periods``).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import dagster as dg

from cdp_assets.core.planning.domain_plan import PlannedRun, PlanningContext, RunOutcome
from cdp_assets.validators.chains.chain_keys import PLAN, REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.periods.chain_refresh import known_plan, stale_runs
from cdp_assets.validators.periods.period_plan import register_periods

Runs = Generator[PlannedRun, RunOutcome, None]


@dataclass(frozen=True)
class ChainPlan:
    """Plans the assets of every chain of a registry; they name it in ``planned_by``."""

    registry: Registry
    name: str = PLAN

    def runs(self, context: PlanningContext) -> Runs:
        """Yield the registry, then the runs of each chain.

        A chain's head is fetched from its node only where ``canonical_periods`` is chosen; else the
        known periods count. A chain whose head is still unknown after that is skipped.
        """
        chosen = {key.to_user_string() for key in context.chosen}
        if REGISTRY_KEY in chosen:
            yield PlannedRun("chain_registry", _keys(REGISTRY_KEY))
        for chain in self.registry.chains:
            keys = ChainKeys(chain.key_name)
            if keys.periods in chosen:
                head = yield PlannedRun(f"{chain.chain_id} periods", _keys(keys.periods))
                if head.error is not None:
                    continue
            if chosen.intersection(keys.partitioned()):
                yield from _stale_periods(context, chain, chosen)


def _stale_periods(context: PlanningContext, chain: Chain, chosen: set[str]) -> Runs:
    with context.warehouse.connect(autocommit=True) as connection:
        plan = known_plan(connection, chain)
        stale = stale_runs(connection, chain, plan)
    register_periods(context.instance, chain, plan)
    for part in stale:
        wanted = _keys(*(key for key in part.asset_keys if key in chosen))
        if wanted:
            yield PlannedRun(chain.chain_id, wanted, part.first, part.last, part.periods)


def _keys(*asset_keys: str) -> tuple[dg.AssetKey, ...]:
    return tuple(dg.AssetKey(key.split("/")) for key in asset_keys)
