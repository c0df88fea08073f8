"""Which runs a chain needs now, as few as its due periods allow: for the CLI's refresh.

Belongs here: ranges of due periods. Does not: launching (``cdp_assets.refresh``), what is due
(``period_plan``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from cdp_assets.validators.chain_keys import ChainKeys
from cdp_assets.validators.period_plan import PeriodPlan, due_periods, plan_periods
from cdp_assets.validators.period_table import current_ordinal, read_periods
from cdp_assets.validators.registry import Chain

LARGEST_RUN_PERIODS = 100


@dataclass(frozen=True)
class ChainRun:
    """One run: assets as ``schema/…/table`` and the inclusive range of periods."""

    asset_keys: tuple[str, ...]
    first: str
    last: str
    periods: int


def known_plan(connection: psycopg.Connection, chain: Chain) -> PeriodPlan:
    """Return the plan of a chain whose ``canonical_periods`` was made; empty before that."""
    return plan_periods(chain, current_ordinal(read_periods(connection, chain.chain_id)))


def runs_due(connection: psycopg.Connection, chain: Chain, plan: PeriodPlan) -> list[ChainRun]:
    """Return the runs that bring a chain's tables up to date; make ``canonical_periods`` first.

    The eligible periods come first and in order; the running one is observed by a run of its own,
    because its fees may not be fetched yet.
    """
    keys = ChainKeys(chain.snake)
    upstream = {
        keys.staging_meta: [],
        keys.identities: [keys.staging_meta],
        keys.staging_fees: [],
        keys.fees: [keys.staging_fees, keys.identities],
    }
    due: set[str] = set()
    for asset_key, inputs in upstream.items():
        due |= {period for period, _ in due_periods(connection, asset_key, inputs, plan.eligible)}
    runs = [
        ChainRun(tuple(keys.partitioned()), part[0], part[-1], len(part))
        for stretch in _stretches(plan.eligible, due)
        for part in _chunks(stretch)
    ]
    unready = [key for key in plan.keys if key not in plan.eligible]
    for period in unready:
        observed = [keys.staging_meta, keys.identities]
        if any(due_periods(connection, key, upstream[key], [period]) for key in observed):
            runs.append(ChainRun(tuple(observed), period, period, 1))
    return runs


def _stretches(ordered: Sequence[str], due: set[str]) -> list[list[str]]:
    """Return the unbroken stretches of due periods."""
    stretches: list[list[str]] = []
    before_is_due = False
    for period in ordered:
        if period in due:
            if not before_is_due:
                stretches.append([])
            stretches[-1].append(period)
        before_is_due = period in due
    return stretches


def _chunks(stretch: list[str]) -> list[list[str]]:
    step = LARGEST_RUN_PERIODS
    return [stretch[start : start + step] for start in range(0, len(stretch), step)]
