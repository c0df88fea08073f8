"""Which periods exist, which may be fetched, and which are stale (validator §2 "Partitions").

Scope: partition keys of a chain, the plan that sensor and CLI follow, the keys of a run; not here:
launching runs (``sensors.chain_periods``, the CLI) or requests to the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dagster as dg
import psycopg

from cdp_assets.core.dagster_compat import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from cdp_assets.errors import PermanentFailure
from cdp_assets.partitions import chain_periods
from cdp_assets.units import counted
from cdp_assets.validators.chains.chain_registry import Chain, Component
from cdp_assets.validators.rules.period_rules import ChainHead, age_of, ordinal_of


@dataclass(frozen=True)
class PeriodPlan:
    """What a chain's head means for its partitions.

    Attributes:
        keys: Every period from the first one to the newest that has begun, ascending: the
            partition keys.
        running: The period of the head; its validators can be observed now and never again. Empty
            between two slot ranges, and before the first period.
    """

    keys: tuple[str, ...]
    running: str

    def eligible(self, lag: int) -> tuple[str, ...]:
        """Return the periods that are over for long enough, ascending (validator §2)."""
        count = len(self.keys)
        return tuple(
            key
            for place, key in enumerate(self.keys)
            if age_of(place, count, is_running=bool(self.running)) >= max(lag, 1)
        )


def plan_periods(head: ChainHead) -> PeriodPlan:
    """Plan the periods of a chain whose head is known."""
    running = head.running
    return PeriodPlan(
        tuple(period.period_id for period in head.periods),
        "" if running is None else running.period_id,
    )


def lag_of(chain: Chain, components: Sequence[Component]) -> int:
    """Return how many periods must have passed for all of these components; 1 if not declared."""
    return max((chain.finality_lag_periods.get(c, 1) for c in components), default=1)


def ordinal_key(chain: Chain) -> Callable[[str], int]:
    """Return the sort key of a chain's period ids: text order would put 99 after 100."""
    return lambda period_id: ordinal_of(chain.main_period_type, period_id)


def key_requests(
    chain: Chain, present: Sequence[str], wanted: Sequence[str]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """Return the requests that bring the keys into ascending order of period.

    New periods are appended. If the first period is now an earlier one, all keys are registered
    again, because ranges follow the order of insertion; if it is a later one, earlier keys stay.
    """
    definition, known = chain_periods(chain.chain_id), set(present)
    new = [key for key in wanted if key not in known]
    if not new:
        return []
    together = sorted(known | set(wanted), key=ordinal_key(chain))
    if list(present) + new == together:
        return [definition.build_add_request(new)]
    return [
        definition.build_delete_request(list(present)),
        definition.build_add_request(together),
    ]


def register_periods(instance: dg.DagsterInstance, chain: Chain, plan: PeriodPlan) -> list[str]:
    """Register a chain's periods as partitions; return the keys that are new. Idempotent."""
    definition = chain_periods(chain.chain_id)
    assert definition.name is not None
    present = list(instance.get_dynamic_partitions(definition.name))
    for request in key_requests(chain, present, plan.keys):
        if isinstance(request, dg.AddDynamicPartitionsRequest):
            instance.add_dynamic_partitions(definition.name, list(request.partition_keys))
        else:
            for key in request.partition_keys:
                instance.delete_dynamic_partition(definition.name, key)
    return [key for key in plan.keys if key not in present]


def received_periods(context: dg.AssetExecutionContext, chain: Chain) -> list[str]:
    """Return the partition keys of the run in ascending order of period.

    Raises:
        PermanentFailure: The keys received are not those of the run's range (U-02).
    """
    number = ordinal_key(chain)
    keys = sorted(context.partition_keys, key=number)
    first = context.run.tags.get(ASSET_PARTITION_RANGE_START_TAG, keys[0])
    last = context.run.tags.get(ASSET_PARTITION_RANGE_END_TAG, keys[-1])
    name = chain_periods(chain.chain_id).name
    assert name is not None
    registered = context.instance.get_dynamic_partitions(name)
    wanted = sorted(
        (k for k in registered if number(first) <= number(k) <= number(last)), key=number
    )
    if keys != wanted:
        raise PermanentFailure(
            f"the run is for {counted(len(wanted), 'period')}"
            f" {first} to {last} but received {len(keys)}",
            key=context.run.run_id,
            hint="launch the range again; nothing was written",
        )
    return keys


def stale_periods(
    connection: psycopg.Connection,
    asset_key: str,
    upstream_keys: Sequence[str],
    periods: Sequence[str],
) -> list[tuple[str, str]]:
    """Return (period, reason) of those to materialize now, in the order given.

    Args:
        connection: Any.
        asset_key: The asset, as in the ops contract.
        upstream_keys: The partitioned assets that it reads.
        periods: Candidates, for example the eligible ones of a plan.

    Returns:
        Reason ``missing``, ``failed``, ``open`` (built while it ran) or ``upstream`` (an input is
        newer). NOT_OBSERVED is stale only when an input is newer.
    """
    return [
        (row[0], row[1])
        for row in connection.execute(
            """
            select w.period, r.reason
            from unnest(%(periods)s::text[]) with ordinality w (period, place)
            left join ops.asset_partition_status s
                on s.asset_key = %(key)s and s.partition_key = w.period
            cross join lateral (
                select case
                    when s.version is null and s.state is null then 'missing'
                    when s.version is null or s.state in ('FAILED', 'CHECK_FAILED')
                        or s.error_code is not null then 'failed'
                    -- ops.partition_lag lacks the inputs that were never recorded: 0 here
                    when exists (
                        select
                        from ops.asset_partition_status u
                        where u.asset_key = any(%(upstreams)s) and u.partition_key = w.period
                            and u.version > coalesce((s.input_versions ->> u.asset_key)::bigint, 0)
                    ) then 'upstream'
                    when not s.is_final and s.state = 'MATERIALIZED' then 'open'
                end as reason
            ) r
            where r.reason is not null
            order by w.place
            """,
            {
                "periods": list(periods),
                "key": asset_key,
                "upstreams": list(upstream_keys),
            },
        )
    ]
