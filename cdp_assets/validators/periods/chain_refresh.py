"""The runs that a chain needs now, as few as its stale periods allow: for the CLI and the sensor.

Scope: ranges of stale periods, what the running one lacks; not here: launching
(``cdp_assets.core.planning.planner``, ``sensors.chain_periods``), which periods are stale
(``period_plan``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.periods.period_plan import PeriodPlan, plan_periods, stale_periods
from cdp_assets.validators.periods.period_table import current_ordinal, read_periods

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


def known_plan(connection: psycopg.Connection, chain: Chain) -> PeriodPlan:
    """Return the plan of a chain from its ``canonical_periods``; empty before that is written."""
    return plan_periods(chain, current_ordinal(read_periods(connection, chain.chain_id)))


def stale_runs(connection: psycopg.Connection, chain: Chain, plan: PeriodPlan) -> list[ChainRun]:
    """Return the runs that bring a chain up to date; materialize ``canonical_periods`` first.

    The eligible periods come first and in order; the running one is observed by a run of its own,
    because its fees may not be fetched yet.
    """
    keys, inputs = ChainKeys(chain.key_name), _inputs(chain)
    runs = stale_eligible_runs(connection, chain, plan)
    unready = [key for key in plan.keys if key not in plan.eligible]
    for period in unready:
        observed = [keys.staging_meta, keys.identities]
        if any(stale_periods(connection, key, inputs[key], [period]) for key in observed):
            runs.append(ChainRun(tuple(observed), period, period, 1))
    return runs


def stale_eligible_runs(
    connection: psycopg.Connection,
    chain: Chain,
    plan: PeriodPlan,
    *,
    reasons: frozenset[str] = ANY_REASON,
) -> list[ChainRun]:
    """Return the runs over eligible periods that are stale, ascending.

    A period with a complete stored fetch is rebuilt from it: only what was never fetched, or
    failed, is fetched (432,000 slots of a real epoch).

    Args:
        connection: Of the warehouse.
        chain: The chain.
        plan: Its periods.
        reasons: Those of ``stale_periods`` that count.
    """
    keys = ChainKeys(chain.key_name)
    found = {
        key: dict(stale_periods(connection, key, inputs, plan.eligible))
        for key, inputs in _inputs(chain).items()
    }
    stale = {key: {p for p, why in of.items() if why in reasons} for key, of in found.items()}
    fetched = stale[keys.staging_fees]
    derived = set().union(*stale.values()) - found[keys.staging_fees].keys()
    without_fetch = tuple(key for key in keys.partitioned() if key != keys.staging_fees)
    return [
        ChainRun(assets, part[0], part[-1], len(part))
        for assets, periods in ((tuple(keys.partitioned()), fetched), (without_fetch, derived))
        for stretch in _stretches(plan.eligible, periods)
        for part in _chunks(stretch)
    ]


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
    keys, inputs = ChainKeys(chain.key_name), _inputs(chain)
    reasons = {
        reason
        for key in (keys.staging_meta, keys.identities)
        for _, reason in stale_periods(connection, key, inputs[key], [period])
    }
    row = connection.execute(_FURTHEST, [chain.chain_id, period]).fetchone()
    assert row is not None
    return Observation(bool(reasons & {"missing", "upstream"}), int(row[0]))


def _inputs(chain: Chain) -> dict[str, list[str]]:
    """Return the partitioned assets of a chain, each with those that it reads."""
    keys = ChainKeys(chain.key_name)
    return {
        keys.staging_meta: [],
        keys.identities: [keys.staging_meta],
        keys.staging_fees: [],
        keys.fees: [keys.staging_fees, keys.identities],
    }


def _stretches(ordered: Sequence[str], stale: set[str]) -> list[list[str]]:
    """Return the unbroken stretches of stale periods."""
    stretches: list[list[str]] = []
    is_open = False
    for period in ordered:
        if period in stale:
            if not is_open:
                stretches.append([])
            stretches[-1].append(period)
        is_open = period in stale
    return stretches


def _chunks(stretch: list[str]) -> list[list[str]]:
    step = LARGEST_RUN_PERIODS
    return [stretch[start : start + step] for start in range(0, len(stretch), step)]
