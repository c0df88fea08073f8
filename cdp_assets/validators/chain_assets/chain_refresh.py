"""The runs that a chain needs now, as few as its stale periods allow: for the CLI and the sensor.

Scope: ranges of stale periods, what the running one lacks; not here: launching
(``cdp_assets.core.planning.planner``, ``sensors.chain_periods``), which periods are stale
(``period_plan``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import psycopg

from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import PeriodPlan, lag_of, stale_periods
from cdp_assets.validators.periods.period_step import PeriodStep
from resources.batches import batches

LARGEST_RUN_PERIODS = 100
ANY_REASON = frozenset({"missing", "failed", "open", "upstream"})

# An observation fetches the head before and after; both responses are stored.
_FURTHEST = """
select coalesce(
    max(
        100 * (raw_payload #>> '{result,slotIndex}')::bigint
        / (raw_payload #>> '{result,slotsInEpoch}')::bigint
    ),
    -1
)
from staging.staging_meta
where chain_id = %s and period_id = %s and is_complete
    and raw_payload #>> '{result,slotsInEpoch}' is not null
"""


@dataclass(frozen=True)
class ChainRun:
    """One run: assets as ``schema/…/table`` and the inclusive range of periods."""

    asset_keys: tuple[str, ...]
    first: str
    last: str
    periods: int


def stale_runs(
    connection: psycopg.Connection,
    registry: Registry,
    chain: Chain,
    plan: PeriodPlan,
    sources: ChainSources,
    *,
    reasons: frozenset[str] = ANY_REASON,
    with_running: bool = True,
    only: Collection[str] | None = None,
) -> list[ChainRun]:
    """Return the runs that bring a chain up to date; materialize ``canonical_periods`` first.

    Each run is a range of periods that need the same tables: those that are stale, and everything
    below them. A table waits for the finality lag of its own components. A period with a complete
    stored fetch is rebuilt from it: only what was never fetched, or failed, is fetched (432,000
    slots of a real epoch). A table whose sources have no address is skipped.

    Args:
        connection: Of the warehouse.
        registry: Has the chain's providers.
        chain: The chain.
        plan: Its periods.
        sources: Know which providers have an address.
        reasons: Those of ``stale_periods`` that count; what is below another one is skipped.
        with_running: Include what is built for the running period.
        only: Assets that are built; null: all.
    """
    steps = [
        step
        for step in period_steps_of(registry, chain).values()
        if _has_source(connection, registry, chain, step, sources)
    ]
    wanted: dict[str, set[str]] = {period: set() for period in plan.keys}
    blocked: dict[str, set[str]] = {period: set() for period in plan.keys}
    for step in steps:
        for period, found in _stale(connection, chain, plan, step, with_running).items():
            above = set(step.upstream)
            is_below = step.data_type is not None and above & blocked[period]
            if is_below or (found and found not in reasons):
                blocked[period].add(step.asset_key)
            elif found or above & wanted[period]:
                wanted[period].add(step.asset_key)
    order = [step.asset_key for step in steps if only is None or step.asset_key in only]
    sets = {p: tuple(key for key in order if key in wanted[p]) for p in plan.keys}
    return ranges_of(plan.keys, sets)


def _stale(
    connection: psycopg.Connection,
    chain: Chain,
    plan: PeriodPlan,
    step: PeriodStep,
    with_running: bool,
) -> dict[str, str]:
    """Return why each period that the step may be built for is stale; empty: it is not."""
    periods = list(plan.eligible(lag_of(chain, step.components)))
    if with_running and step.observes_running and plan.running:
        periods.append(plan.running)
    found = dict.fromkeys(periods, "")
    return found | dict(stale_periods(connection, step.asset_key, step.inputs, periods))


def _has_source(
    connection: psycopg.Connection,
    registry: Registry,
    chain: Chain,
    step: PeriodStep,
    sources: ChainSources,
) -> bool:
    """Return whether a table can be built: a provider has an address, or responses are stored."""
    if step.data_type is None:
        return True
    priorities = [
        name
        for entry in registry.priorities
        if (entry.chain_id, entry.data_type) == (chain.chain_id, step.data_type)
        for name in entry.providers
    ]
    named = [p for p in registry.providers if p.chain_id == chain.chain_id and p.name in priorities]
    if any(sources.is_configured(provider) for provider in named):
        return True
    is_fetch = step.source is not None and step.data_type != "META"
    return not is_fetch and _is_any_stored(connection, chain, step.data_type)


def _is_any_stored(connection: psycopg.Connection, chain: Chain, data_type: str) -> bool:
    row = connection.execute(
        "select exists (select from staging.staging_payloads "
        "where data_type = %s and chain_id = %s and role in ('answer', 'manifest'))",
        [data_type, chain.chain_id],
    ).fetchone()
    return bool(row and row[0])


def ranges_of(ordered: Sequence[str], sets: Mapping[str, tuple[str, ...]]) -> list[ChainRun]:
    """Return unbroken stretches of periods that need the same tables, ascending."""
    runs = []
    for assets, group in groupby(ordered, key=lambda period: sets[period]):
        parts = list(batches(list(group), LARGEST_RUN_PERIODS)) if assets else []
        runs += [ChainRun(assets, part[0], part[-1], len(part)) for part in parts]
    return runs


@dataclass(frozen=True)
class Observation:
    """What the tables record of the running period.

    Attributes:
        is_missing: Its validators or identities were never written.
        furthest_percent: Share of the period's slots that had passed when its validators were last
            fetched from the node; -1 when they never were.
    """

    is_missing: bool
    furthest_percent: int


def observation_of(connection: psycopg.Connection, chain: Chain, period: str) -> Observation:
    """Return how far into a period its validators were observed, from the stored responses."""
    keys = ChainKeys(chain.key_name)
    inputs = {keys.staging_meta: list[str](), keys.identities: [keys.staging_meta]}
    reasons = {
        reason
        for key, upstream in inputs.items()
        for _, reason in stale_periods(connection, key, upstream, [period])
    }
    row = connection.execute(_FURTHEST, [chain.chain_id, period]).fetchone()
    assert row is not None
    return Observation(bool(reasons & {"missing", "upstream"}), int(row[0]))
