"""Which final periods are fetched again, because a source may have corrected them (validator §2).

A period is fetched once a day until ``restatement_watch_periods`` further ones have become final,
then once in thirty days, as long as the source has it; one whose numbers are all zero on a first
response is fetched again after an hour. A further equal response changes nothing; another one, and
the first confirmation, give the partition a new version, which makes everything below it stale.
Scope: which periods; not here: launching (``sensors.restatement_watch``), what a fetch does
(``period_steps``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import psycopg

from cdp_assets.validators.chain_assets.chain_refresh import ChainRun, ranges_of
from cdp_assets.validators.chain_assets.chain_steps import TOPICS
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import PeriodPlan, lag_of
from cdp_assets.validators.rules.quality_rules import PROVISIONAL_ZERO
from cdp_assets.validators.rules.source_priority import CONFIRMATION_GAP

WATCHED_EVERY = timedelta(days=1)
OLDER_EVERY = timedelta(days=30)

_LAST_FETCHES = """
    select s.partition_key, max(r.started_at)
    from ops.asset_partition_status s
    join ops.ingestion_runs r
        on r.chain_id = %(chain)s and r.period_id = s.partition_key
        and r.data_type = %(data_type)s
    where s.asset_key = %(key)s and s.partition_key = any(%(periods)s)
        and s.state = 'MATERIALIZED' and s.is_final and s.error_code is null
    group by s.partition_key
"""


def watched_runs(
    connection: psycopg.Connection,
    registry: Registry,
    chain: Chain,
    plan: PeriodPlan,
    sources: ChainSources,
    as_of: datetime,
) -> list[ChainRun]:
    """Return the runs that fetch final periods again, ascending, by data type.

    Args:
        connection: Of the warehouse.
        registry: Has the chain's providers.
        chain: The chain.
        plan: Its periods.
        sources: Know which providers have an address.
        as_of: The present. The last try counts, whether it succeeded or not.
    """
    keys, runs = ChainKeys(chain.key_name), list[ChainRun]()
    final = plan.eligible(max(chain.finality_lag_periods.values()))
    for topic in TOPICS:
        data_type = topic.writer.data_type
        providers = registry.providers_for(chain.chain_id, data_type, None)
        if not any(sources.is_configured(provider) for provider in providers):
            continue
        staging, table = keys.staging(data_type), keys.table(topic.writer.table.name)
        eligible = plan.eligible(lag_of(chain, topic.components))
        last = connection.execute(
            _LAST_FETCHES,
            {
                "chain": chain.chain_id,
                "data_type": data_type,
                "key": staging,
                "periods": list(eligible),
            },
        ).fetchall()
        zeros = _provisional_zeros(connection, chain, topic.writer.table.name)
        watched = watched_periods(eligible, final, chain.restatement_watch_periods)
        wanted = _wanted(watched, dict(last), zeros, as_of)
        assets = (staging, table)
        runs += ranges_of(plan.keys, {p: assets if p in wanted else () for p in plan.keys})
    return runs


def watched_periods(eligible: Sequence[str], final: Sequence[str], count: int) -> set[str]:
    """Return the periods that are watched closely: the newest FINAL ones, and those before that.

    A period whose other components are not past their lag yet is not FINAL, so it takes the place
    of none of them.
    """
    older = set(final[:-count] if count else final)
    return set(eligible) - older


def _wanted(
    watched: set[str], last: dict[str, datetime], zeros: Iterable[str], as_of: datetime
) -> set[str]:
    """Return the periods whose last fetch is long enough ago."""
    unconfirmed = set(zeros)

    def gap(period: str) -> timedelta:
        if period in unconfirmed:
            return CONFIRMATION_GAP
        return WATCHED_EVERY if period in watched else OLDER_EVERY

    return {period for period, at in last.items() if as_of - at >= gap(period)}


def _provisional_zeros(connection: psycopg.Connection, chain: Chain, table: str) -> list[str]:
    rows = connection.execute(
        f"select distinct period_id from validators.{table} "
        "where chain_id = %s and is_current and %s = any(quality_flags)".encode(),
        [chain.chain_id, PROVISIONAL_ZERO],
    ).fetchall()
    return [row[0] for row in rows]
