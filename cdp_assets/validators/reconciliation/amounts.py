"""The amounts that are compared, read from the canonical tables of a period (validator §10).

Each function is one statement over all validators of the period. An unknown amount (null) is never
compared; a void row (tombstone) is an amount of 0.

Scope: reading; not here: comparing (``comparison``), what is reported (``findings``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import psycopg

from cdp_assets.validators.reconciliation.comparison import Check
from cdp_assets.validators.reconciliation.findings import Pair, Subject


@dataclass(frozen=True)
class Measure:
    """An amount of a canonical table.

    Attributes:
        scope: SQL of its name in findings; ``t`` is the table.
        table: In ``validators``.
        column: The amount.
        rows: SQL condition of the rows that have it.
        key: Columns of the business key after chain and period.
    """

    scope: str
    table: str
    column: str
    rows: str = "true"
    key: tuple[str, ...] = ("validator_key",)


_STAKERS = ("validator_key", "staker_address")
_REWARDS = "canonical_stake_rewards"
RESTATED = (
    Measure("'EXEC_FEES'", "canonical_validator_fees", "total_fees_native"),
    Measure("'MEV_TIPS'", "canonical_validator_mev", "total_mev_native"),
    Measure("'COMMISSION'", _REWARDS, "commission_native", "t.staker_address = ''", _STAKERS),
    Measure(
        "'STAKE_REWARDS ' || t.staker_address",
        _REWARDS,
        "rewards_native",
        "t.staker_address <> ''",
        _STAKERS,
    ),
)
# What other sources publish: of MEV and inflation what validator and stakers get together.
PUBLISHED = (
    Measure("'EXEC_FEES'", "canonical_validator_fees", "total_fees_native"),
    Measure("'MEV_TIPS'", "canonical_validator_mev", "gross_mev_native"),
    Measure("'COMMISSION'", _REWARDS, "commission_native", "t.staker_address = ''"),
    Measure("'STAKE_REWARDS'", _REWARDS, "gross_native", "t.staker_address = ''"),
)
# What a validator earns by its own blocks: comparable between periods per leader slot.
PER_LEADER_SLOT = (
    Measure("'EXEC_FEES'", "canonical_validator_fees", "total_fees_native"),
    Measure("'MEV_TIPS'", "canonical_validator_mev", "total_mev_native"),
)


def _restated(measure: Measure) -> str:
    same = " and ".join(f"o.{column} = t.{column}" for column in measure.key)
    old, new = (
        f"case when {row}.is_void then 0 else {row}.{measure.column} end" for row in ("o", "t")
    )
    return f"""
        select {measure.scope} as scope, t.validator_key, t.version, {old} as old, {new} as new
        from validators.{measure.table} t
        join validators.{measure.table} o
            on o.chain_id = t.chain_id and o.period_id = t.period_id and {same}
            and o.version = t.version - 1
        where t.chain_id = %(chain)s and t.period_id = %(period)s and {measure.rows}
    """


def restatements(connection: psycopg.Connection, chain_id: str, period_id: str) -> Iterator[Pair]:
    """Yield the amounts of all versions with those before them, where they differ.

    A later restatement does not settle an earlier one: each is acknowledged by itself.
    """
    statement = f"""
        select scope, validator_key, version, old, new
        from ({" union all ".join(map(_restated, RESTATED))}) r
        where old <> new
        order by scope, validator_key, version
    """
    values = {"chain": chain_id, "period": period_id}
    for scope, validator, version, old, new in connection.execute(statement.encode(), values):
        yield Pair(Subject(scope, validator, version), int(old), int(new))


def _per_slot(measure: Measure) -> str:
    return f"""
        select {measure.scope} as scope, t.validator_key,
            o.{measure.column} as old, fo.leader_slots as old_slots,
            t.{measure.column} as new, fn.leader_slots as new_slots
        from validators.{measure.table} t
        join validators.{measure.table} o
            on o.chain_id = t.chain_id and o.validator_key = t.validator_key
            and o.period_id = (select period_id from earlier) and o.is_current and not o.is_void
        join validators.canonical_validator_fees fn
            on fn.chain_id = t.chain_id and fn.period_id = t.period_id
            and fn.validator_key = t.validator_key and fn.is_current and not fn.is_void
        join validators.canonical_validator_fees fo
            on fo.chain_id = o.chain_id and fo.period_id = o.period_id
            and fo.validator_key = o.validator_key and fo.is_current and not fo.is_void
        where t.chain_id = %(chain)s and t.period_id = %(period)s and t.is_current
            and not t.is_void
    """


def since_previous_period(
    connection: psycopg.Connection, chain_id: str, period_id: str
) -> Iterator[Pair]:
    """Yield amounts per leader slot of the previous period and of this one.

    A validator without leader slots in one of them is skipped: nothing is comparable.
    """
    statement = f"""
        with earlier as (
            select p.period_id
            from validators.canonical_periods p
            join validators.canonical_periods n
                on n.chain_id = p.chain_id and n.period_type = p.period_type
                and n.period_ordinal > p.period_ordinal and n.is_current and not n.is_void
            where n.chain_id = %(chain)s and n.period_id = %(period)s and p.is_current
                and not p.is_void
            order by p.period_ordinal desc
            limit 1
        )
        select scope, validator_key, old, old_slots, new, new_slots
        from ({" union all ".join(map(_per_slot, PER_LEADER_SLOT))}) s
        where old_slots > 0 and new_slots > 0 and old is not null and new is not null
        order by scope, validator_key
    """
    values = {"chain": chain_id, "period": period_id}
    for scope, validator, old, old_slots, new, new_slots in connection.execute(
        statement.encode(), values
    ):
        yield Pair(
            Subject(f"{scope} per leader slot", validator),
            Fraction(int(old), old_slots),
            Fraction(int(new), new_slots),
        )


def own_amounts(
    connection: psycopg.Connection, chain_id: str, period_id: str
) -> dict[str, dict[str, int]]:
    """Return what our tables have, by component and validator, as other sources publish it."""
    parts = (
        f"select {m.scope} as component, t.validator_key, t.{m.column} as amount "
        f"from validators.{m.table} t where t.chain_id = %(chain)s and t.period_id = %(period)s "
        f"and t.is_current and not t.is_void and t.{m.column} is not null and {m.rows}"
        for m in PUBLISHED
    )
    found: dict[str, dict[str, int]] = {}
    for component, validator, amount in connection.execute(
        " union all ".join(parts).encode(), {"chain": chain_id, "period": period_id}
    ):
        found.setdefault(component, {})[validator] = int(amount)
    return found


def known_validators(connection: psycopg.Connection, chain_id: str, period_id: str) -> set[str]:
    """Return the validators that were observed in a period; empty: it was not observed."""
    rows = connection.execute(
        "select distinct validator_key from validators.canonical_validator_identities "
        "where chain_id = %s and period_id = %s and is_current and not is_void",
        [chain_id, period_id],
    )
    return {row[0] for row in rows}


class Flagged(NamedTuple):
    """A payment that did not go where, or was not as much as, it should.

    Attributes:
        check: MISDIRECTED or RELAY_VALUE.
        validator_key: Whose payment.
        amount_native: What was misdirected, or what was paid.
    """

    check: Check
    validator_key: str
    amount_native: int


def flagged_payments(
    connection: psycopg.Connection, chain_id: str, period_id: str
) -> Iterator[Flagged]:
    """Yield misdirected payments, and those whose relay announced another value."""
    rows = connection.execute(
        """
        select c.name, t.validator_key, c.amount
        from validators.canonical_validator_mev t
        cross join lateral (
            values
                ('misdirected', t.misdirected_native, t.misdirected_native > 0),
                ('relay_value', t.gross_mev_native, 'RELAY_VALUE_MISMATCH' = any(t.quality_flags))
        ) c (name, amount, is_found)
        where t.chain_id = %s and t.period_id = %s and t.is_current and not t.is_void
            and c.is_found
        order by 1, 2
        """,
        [chain_id, period_id],
    )
    for name, validator, amount in rows:
        yield Flagged(Check(name), validator, int(amount or 0))


class Completeness(NamedTuple):
    """How much of a data type a period has.

    Attributes:
        data_type: FEES, MEV, REWARDS or META.
        present: Validators whose data is there, the ones without income included.
    """

    data_type: str
    present: int


def present_by_type(
    connection: psycopg.Connection, period_id: str, keys: dict[str, str], known: int
) -> list[Completeness]:
    """Return, by data type, of how many known validators the period has the data.

    A table that was written from a complete fetch has all of them: who is absent there had no
    income. One that is missing, failed or not observed has none.

    Args:
        connection: Of the warehouse.
        period_id: The period.
        keys: Asset key of the table of each data type.
        known: Validators that were observed in the period.
    """
    complete = {
        row[0]
        for row in connection.execute(
            "select asset_key from ops.asset_partition_status where asset_key = any(%s) "
            "and partition_key = %s and state = 'MATERIALIZED' and version is not null",
            [list(keys.values()), period_id],
        )
    }
    return [
        Completeness(data_type, known if key in complete else 0) for data_type, key in keys.items()
    ]
