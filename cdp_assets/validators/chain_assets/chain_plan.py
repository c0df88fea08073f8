"""The plan of the chains: registry, then for each chain its head and the runs over stale periods.

Scope: what ``cdp refresh`` launches; not here: which periods are stale (``chain_refresh``), what
automation launches (``sensors.chain_periods``).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import dagster as dg

from cdp_assets.core.planning.domain_plan import PlannedRun, PlanningContext, RunOutcome
from cdp_assets.settings import get_settings
from cdp_assets.validators.chain_assets.chain_refresh import stale_runs
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import FX_KEY, PLAN, REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import register_periods
from cdp_assets.validators.periods.period_table import known_plan

Runs = Generator[PlannedRun, RunOutcome, None]


@dataclass(frozen=True)
class ChainPlan:
    """Plans the assets of every chain of a registry; they name it in ``planned_by``."""

    registry: Registry
    name: str = PLAN

    def runs(self, context: PlanningContext) -> Runs:
        """Yield the registry and the prices, then the runs of each chain.

        A chain's head is fetched from its node only where ``canonical_periods`` is chosen; else the
        known periods count. A chain whose head is still unknown after that is skipped.
        """
        chosen = {key.to_user_string() for key in context.chosen}
        if REGISTRY_KEY in chosen:
            yield PlannedRun("chain_registry", _keys(REGISTRY_KEY))
        if FX_KEY in chosen and get_settings().fx_source is not None:
            yield PlannedRun("prices", _keys(FX_KEY))
        for chain in self.registry.chains:
            keys = ChainKeys(chain.key_name)
            if keys.periods in chosen and self._has_node(chain):
                head = yield PlannedRun(f"{chain.chain_id} periods", _keys(keys.periods))
                if head.error is not None:
                    continue
            if chosen.intersection(period_steps_of(self.registry, chain)):
                yield from _stale_periods(context, self.registry, chain, chosen)

    def _has_node(self, chain: Chain) -> bool:
        providers = self.registry.providers_for(chain.chain_id, "PERIODS", None)
        return any(ChainSources().is_configured(provider) for provider in providers)


def _stale_periods(
    context: PlanningContext, registry: Registry, chain: Chain, chosen: set[str]
) -> Runs:
    with context.warehouse.connect(autocommit=True) as connection:
        plan = known_plan(connection, chain)
        stale = stale_runs(connection, registry, chain, plan, ChainSources(), only=chosen)
    register_periods(context.instance, chain, plan)
    for part in stale:
        wanted = _keys(*part.asset_keys)
        yield PlannedRun(chain.chain_id, wanted, part.first, part.last, part.periods)


def _keys(*asset_keys: str) -> tuple[dg.AssetKey, ...]:
    return tuple(dg.AssetKey(key.split("/")) for key in asset_keys)
