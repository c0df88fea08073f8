"""The step ``validator_pnl`` of a period: canonical rows in, versions of P&L out (validator §6).

One statement per table and period, whatever the number of validators. Scope: reading, appending and
publishing; not here: the arithmetic (``pnl_rules``), the runs over periods (``periods``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.settings import get_settings
from cdp_assets.validators.canonical.normalise import MATERIALIZED, NOT_OBSERVED, WriteContext
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import PeriodPlan
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import (
    KnownPeriod,
    plan_of,
    read_periods,
    require_period,
)
from cdp_assets.validators.pnl.pnl_rules import (
    COMPONENTS,
    INCOMPLETE,
    FeesRow,
    MetaRow,
    MevRow,
    Pnl,
    Price,
    RewardsRow,
    ValidatorRows,
    compute_pnl,
)
from cdp_assets.validators.pnl.pnl_tables import PNL
from cdp_assets.validators.pnl.vote_costs import VoteCosts, read_vote_costs
from cdp_assets.validators.rules.inputs_hash import InputRow
from cdp_assets.validators.rules.nullable_amounts import int_or_none
from cdp_assets.validators.storage.computed_inputs import (
    partition_hash,
    record_inputs,
    unchanged_rows,
)
from cdp_assets.validators.storage.versioned_append import (
    Appended,
    VersionedRow,
    append_versions,
)

CODE_VERSION = "1"  # of the rules; a change computes every period again
_INPUT_ROWS = """
select distinct 'identities|' || validator_key as row
from validators.canonical_validator_identities
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
union all
select 'fees|' || validator_key || '|' || version from validators.canonical_validator_fees
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
union all
select 'mev|' || validator_key || '|' || version from validators.canonical_validator_mev
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
union all
select 'rewards|' || validator_key || '|' || staker_address || '|' || version
from validators.canonical_stake_rewards
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
union all
select 'meta|' || validator_key || '|' || version from validators.canonical_validator_meta
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
"""


@dataclass(frozen=True)
class _Period:
    """Canonical rows of a period, by validator."""

    identified: frozenset[str]
    fees: Mapping[str, FeesRow]
    has_schedule: bool
    mev: Mapping[str, MevRow]
    rewards: Mapping[str, tuple[RewardsRow, ...]]
    meta: Mapping[str, MetaRow]

    @property
    def validators(self) -> list[str]:
        """Return every validator that anything is known of but its meta data, ascending."""
        return sorted({*self.identified, *self.fees, *self.mev, *self.rewards})

    def rows_of(self, validator: str, chain: Chain, costs: VoteCosts) -> ValidatorRows:
        """Return what is known of one validator."""
        declared = chain.operator_stake_accounts
        return ValidatorRows(
            fees=self.fees.get(validator),
            led_no_slot=self.has_schedule and validator in self.identified,
            mev=self.mev.get(validator),
            rewards=self.rewards.get(validator, ()),
            meta=self.meta.get(validator),
            operator_accounts=None if declared is None else tuple(declared.get(validator, ())),
            vote_cost=costs.by_validator.get(validator),
        )


def write_pnl(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Compute and append the P&L of a period's validators.

    A component that is not there yet gives null and INCOMPLETE rows, which a later run replaces.

    Raises:
        MissingUpstream: The period is unknown, or its validators were never written.
    """
    chain, run, key = context.chain, context.run, context.keys.pnl
    with run.connection() as connection, run.transaction(connection) as cursor:
        periods = read_periods(connection, chain.chain_id)
        known = require_period(periods, period_id, context.keys.periods)
        past_lag = _past_lag(chain, plan_of(periods), period_id)
        price = read_price(cursor, chain.chain_id, known)
        costs = read_vote_costs(connection, context, known.period)
        digest = _digest(cursor, context, period_id, past_lag, price, costs)
        is_final = len(past_lag) == len(COMPONENTS)
        held = unchanged_rows(cursor, key, period_id, digest)
        if held:
            run.publish(
                cursor, key, held, key=period_id, is_final=is_final, is_changed=False,
                code_version=CODE_VERSION,
            )  # fmt: skip
            return PeriodResult(held, Appended(0, 0, 0, held))
        found = _read(cursor, chain.chain_id, period_id)
        if not found.validators:
            _require_unobserved(cursor, context, period_id)
        computed = [
            (
                validator,
                compute_pnl(
                    found.rows_of(validator, chain, costs),
                    past_lag=past_lag,
                    decimals=chain.native_decimals,
                    price=price,
                ),
            )
            for validator in found.validators
        ]
        rows = [_as_version(period_id, validator, pnl) for validator, pnl in computed]
        appended = append_versions(cursor, PNL, chain.chain_id, [period_id], rows, context.stamp)
        record_inputs(cursor, key, period_id, digest)
        state = MATERIALIZED if rows else NOT_OBSERVED
        run.publish(
            cursor,
            key,
            len(rows),
            key=period_id,
            state=state,
            is_final=is_final,
            is_changed=appended.written > 0,
            code_version=CODE_VERSION,
        )
    incomplete = sum(pnl.quality == INCOMPLETE for _, pnl in computed)
    return PeriodResult(len(rows), appended, state, {"validators_incomplete": incomplete})


def _digest(
    cursor: psycopg.Cursor,
    context: WriteContext,
    period_id: str,
    past_lag: Sequence[str],
    price: Price | None,
    costs: VoteCosts,
) -> str:
    """Return the hash of everything that a period's P&L is computed from."""
    facts = [CODE_VERSION, context.stamp.config_hash, *past_lag, price and price.source]
    facts += [costs.payload_id] if costs.payload_id else []
    parameters = {"chain": context.chain.chain_id, "period": period_id}
    return partition_hash(cursor, _INPUT_ROWS, parameters, facts)


def _past_lag(chain: Chain, plan: PeriodPlan, period_id: str) -> list[str]:
    """Return the components whose finality lag has passed (validator §2)."""
    lags = {str(name): lag for name, lag in chain.finality_lag_periods.items()}
    return [name for name in COMPONENTS if period_id in plan.eligible(lags.get(name, 1))]


def _require_unobserved(cursor: psycopg.Cursor, context: WriteContext, period_id: str) -> None:
    row = cursor.execute(
        "select state from ops.asset_partition_status where asset_key = %s and partition_key = %s",
        [context.keys.identities, period_id],
    ).fetchone()
    if row is None or row[0] != NOT_OBSERVED:
        raise MissingUpstream(
            "its validators are not known yet",
            key=period_id,
            hint=f"materialize {context.keys.identities} for this period first",
        )


def read_price(cursor: psycopg.Cursor, chain_id: str, known: KnownPeriod) -> Price | None:
    """Return the last price of a period's last UTC day up to its end; null without one.

    A day without a price has none: never that of the day before (validator §6.3).
    """
    end = known.edges.end_ts
    currency = get_settings().fx_currency
    row = cursor.execute(
        "select as_of, price from validators.fx_rates "
        "where chain_id = %(chain)s and quote_ccy = %(currency)s and as_of <= %(end)s "
        "and as_of >= date_trunc('day', %(end)s::timestamptz, 'UTC') order by as_of desc limit 1",
        {"chain": chain_id, "currency": currency, "end": end},
    ).fetchone()
    if row is None:
        return None
    as_of, price = row
    source = ("fx_rates", f"{chain_id}|{currency}|{as_of.isoformat()}", str(price))
    return Price(source, currency, as_of, price)


def _read(cursor: psycopg.Cursor, chain_id: str, period_id: str) -> _Period:
    fees = _current(
        cursor, "canonical_validator_fees", chain_id, period_id, "total_fees_native, leader_slots"
    )
    rewards: dict[str, list[RewardsRow]] = defaultdict(list)
    for validator, source, flags, (account, net, commission, is_owned) in _current(
        cursor,
        "canonical_stake_rewards",
        chain_id,
        period_id,
        "staker_address, rewards_native, commission_native, is_operator_owned",
        key="validator_key || '|' || staker_address",
    ):
        rewards[validator].append(
            RewardsRow(
                source,
                flags,
                staker_address=account,
                rewards_native=int_or_none(net),
                commission_native=int_or_none(commission),
                is_operator_owned=is_owned,
            )
        )
    return _Period(
        identified=_identified(cursor, chain_id, period_id),
        fees={
            validator: FeesRow(source, flags, total_native=int(total))
            for validator, source, flags, (total, _) in fees
        },
        has_schedule=any(slots is not None for *_, (_, slots) in fees),
        mev=_mev(cursor, chain_id, period_id),
        rewards={validator: tuple(rows) for validator, rows in rewards.items()},
        meta=_meta(cursor, chain_id, period_id),
    )


def _identified(cursor: psycopg.Cursor, chain_id: str, period_id: str) -> frozenset[str]:
    cursor.execute(
        "select distinct validator_key from validators.canonical_validator_identities "
        "where chain_id = %s and period_id = %s and is_current and not is_void",
        [chain_id, period_id],
    )
    return frozenset(row[0] for row in cursor)


def _mev(cursor: psycopg.Cursor, chain_id: str, period_id: str) -> dict[str, MevRow]:
    return {
        validator: MevRow(source, flags, gross_native=int_or_none(gross), share_native=int(share))
        for validator, source, flags, (gross, share) in _current(
            cursor,
            "canonical_validator_mev",
            chain_id,
            period_id,
            "gross_mev_native, total_mev_native",
        )
    }


def _meta(cursor: psycopg.Cursor, chain_id: str, period_id: str) -> dict[str, MetaRow]:
    return {
        validator: MetaRow(
            source, flags, is_mev_enabled=is_enabled, total_stake_native=int_or_none(stake)
        )
        for validator, source, flags, (is_enabled, stake) in _current(
            cursor,
            "canonical_validator_meta",
            chain_id,
            period_id,
            "is_mev_enabled, total_stake_native",
        )
    }


_Found = tuple[str, InputRow, tuple[str, ...], tuple[Any, ...]]


def _current(
    cursor: psycopg.Cursor,
    table: str,
    chain_id: str,
    period_id: str,
    columns: str,
    *,
    key: str = "validator_key",
) -> list[_Found]:
    """Return (validator, source, flags, values) of a period's current rows of a table."""
    statement = (
        f"select validator_key, period_id || '|' || {key}, version, quality_flags, {columns} "
        f"from validators.{table} "
        "where chain_id = %s and period_id = %s and is_current and not is_void"
    )
    cursor.execute(statement.encode(), [chain_id, period_id])
    return [
        (row[0], (table, f"{chain_id}|{row[1]}", str(row[2])), tuple(row[3]), row[4:])
        for row in cursor
    ]


def _as_version(period_id: str, validator: str, pnl: Pnl) -> VersionedRow:
    price = pnl.price
    return VersionedRow(
        key=(period_id, validator),
        values=(
            *(pnl.components[name] for name in COMPONENTS),
            pnl.total_native,
            pnl.gross_mev_native,
            pnl.vote_cost_native,
            pnl.network_fees_native,
            pnl.net_profit_native,
            pnl.total_stake_native,
            *((price.quote_ccy, price.price, price.as_of) if price else (None, None, None)),
            pnl.total_fiat,
            pnl.net_profit_fiat,
            pnl.missing,
            pnl.quality,
        ),
        origin=(pnl.inputs_hash, CODE_VERSION),
        quality_flags=pnl.quality_flags,
    )
