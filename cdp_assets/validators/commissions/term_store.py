"""Agreements, overrides and P&L as the database has them, in the form that the engine takes.

One statement per table and period. Scope: reading what a period's lines are computed from; not
here: what earlier periods leave (``line_history``), or the computation (``engine``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import psycopg

from cdp_assets.validators.commissions.engine.agreement_terms import (
    AgreementVersion,
    parse_version,
    version_of_lines,
)
from cdp_assets.validators.commissions.engine.overrides import Override, in_force
from cdp_assets.validators.commissions.engine.period_inputs import (
    ClientStake,
    PeriodInputs,
    ValidatorPnl,
)
from cdp_assets.validators.periods.period_place import PeriodPlace
from cdp_assets.validators.rules.inputs_hash import InputRow
from cdp_assets.validators.rules.nullable_amounts import int_or_none
from cdp_assets.validators.storage.computed_inputs import partition_hash

ENGINE_VERSION = "2"  # a change computes every period again
# A line depends on earlier lines of its agreement alone, so those stand for all windows.
_INPUT_ROWS = """
select 'pnl|' || validator_key || '|' || computation_version as row
from validators.validator_pnl
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
union all
select 'stakes|' || staker_address || '|' || computation_version
from validators.canonical_client_stakes
where chain_id = %(chain)s and period_id = %(period)s and is_current and not is_void
union all
select concat_ws('|', 'agreement', agreement_id, a.status = 'DRAFT', a.introducer_id, v.version,
    v.effective_from_period, v.effective_to_period)
from governance.agreements a join governance.agreement_versions v using (agreement_id)
where v.chain_id = %(chain)s and v.period_type = %(type)s
union all
select concat_ws('|', 'override', override_id)
from governance.overrides
where chain_id = %(chain)s and period_id = %(period)s and revoked_at is null
union all
select concat_ws('|', 'earlier', l.line_id, l.computation_version)
from validators.partner_commission_lines l
join validators.canonical_periods p
    on p.chain_id = l.chain_id and p.period_id = l.period_id and p.is_current
join (
    -- materialized by its offset: the terms are searched once, not for every line
    select agreement_id,
        jsonb_path_exists(rules, '$[*] ? (@.tier_window == "LIFETIME")') as has_lifetime,
        jsonb_path_exists(rules, '$[*] ? (@.tier_window == "MONTH")')
            or jsonb_path_exists(floors || caps, '$[*] ? (@.scope == "MONTH")') as has_month
    from governance.agreement_versions
    where chain_id = %(chain)s and effective_from_period <= %(ordinal)s
        and (effective_to_period is null or effective_to_period > %(since)s)
    offset 0
) v on v.agreement_id = l.agreement_id
where l.chain_id = %(chain)s and p.period_type = %(type)s and p.period_ordinal < %(ordinal)s
    and l.is_current and l.line_kind <> 'ADJUSTMENT'
    and (v.has_lifetime or v.has_month and l.month = %(month)s)
"""


@dataclass(frozen=True)
class OverrideRow:
    """An override in force, with what its lines show of it.

    Attributes:
        override: As the engine takes it.
        reason: Why it was set.
        user_id: Who set it.
        version: Newest version of the agreement up to the period, for an override without lines.
        introducer_id: Partner of the agreement.
    """

    override: Override
    reason: str
    user_id: str
    version: int
    introducer_id: str


@dataclass(frozen=True)
class Terms:
    """What is agreed for one period of a chain.

    Attributes:
        versions: That the period's lines come from, by agreement.
        ahead: In force in the period or a later one.
        ended: Ended in the month, up to the period, with bounds of the month.
        overrides: In force in the period, by agreement, newest first.
        starts: Ordinal of the first period of each agreement on the chain.
    """

    versions: Mapping[str, AgreementVersion]
    ahead: Sequence[AgreementVersion]
    ended: Sequence[AgreementVersion]
    overrides: Mapping[str, Sequence[OverrideRow]]
    starts: Mapping[str, int]


@dataclass(frozen=True)
class StoredInputs:
    """A period's inputs, and the rows that they come from.

    Attributes:
        inputs: As the engine takes them.
        pnl_rows: Of each validator.
        stake_rows: Of each partner and validator.
        flags: Quality flags of each validator's P&L.
    """

    inputs: PeriodInputs
    pnl_rows: Mapping[str, InputRow]
    stake_rows: Mapping[tuple[str, str], tuple[InputRow, ...]]
    flags: Mapping[str, tuple[str, ...]]


def lines_hash(cursor: psycopg.Cursor, place: PeriodPlace, config_hash: str) -> str:
    """Return the hash of everything that a period's lines are computed from."""
    parameters = {
        "chain": place.chain_id,
        "period": place.period_id,
        "type": place.period_type,
        "ordinal": place.ordinal,
        "month": place.month,
        "since": place.ordinal if place.month_start is None else place.month_start,
    }
    facts = [ENGINE_VERSION, config_hash, place.month, place.is_last_of_month]
    return partition_hash(cursor, _INPUT_ROWS, parameters, facts)


def read_terms(cursor: psycopg.Cursor, place: PeriodPlace) -> Terms:
    """Return the agreements and overrides of a period.

    Ranges of versions decide what is in force: a suspended or ended agreement has no open range,
    and what it earned before that is computed on, the bounds of its last month included.

    Raises:
        BadConfiguration: Stored terms do not hold together.
    """
    cursor.execute(
        "select a.agreement_id, a.introducer_id::text, v.version, "
        "v.effective_from_period, v.effective_to_period, v.rules::text, v.floors::text, "
        "v.caps::text "
        "from governance.agreements a join governance.agreement_versions v using (agreement_id) "
        "where v.chain_id = %s and v.period_type = %s and a.status <> 'DRAFT' "
        "order by a.agreement_id, v.version",
        [place.chain_id, place.period_type],
    )
    known: dict[str, list[AgreementVersion]] = {}
    starts: dict[str, int] = {}
    for agreement, introducer, version, start, end, *terms in cursor.fetchall():
        starts[agreement] = min(start, starts.get(agreement, start))
        if end is None or place.first_of_month < end:
            parsed = _parsed(
                agreement, version, introducer, place.chain_id, place.period_type, start, end,
                *terms,
            )  # fmt: skip
            known.setdefault(agreement, []).append(parsed)
    versions = {
        agreement: version
        for agreement, ones in known.items()
        if (version := version_of_lines(ones, place.ordinal, place.month_start)) is not None
    }
    every = [version for ones in known.values() for version in ones]
    ahead, ended = list[AgreementVersion](), list[AgreementVersion]()
    for one in every:
        if one.effective_to is None or place.ordinal < one.effective_to:
            ahead.append(one)
        elif one.has_month_bound:
            ended.append(one)
    return Terms(versions, ahead, ended, _read_overrides(cursor, place), starts)


@lru_cache(maxsize=4096)
def _parsed(
    agreement_id: str,
    version: int,
    introducer_id: str,
    chain_id: str,
    period_type: str,
    start: int,
    end: int | None,
    rules: str,
    floors: str,
    caps: str,
) -> AgreementVersion:
    """Return a stored version; every period of a run reads the same ones."""
    return parse_version(
        {
            "agreement_id": agreement_id,
            "version": version,
            "introducer_id": introducer_id,
            "chain_id": chain_id,
            "period_type": period_type,
            "effective_from": start,
            "effective_to": end,
            "rules": json.loads(rules, parse_float=Decimal),
            "floors": json.loads(floors, parse_float=Decimal),
            "caps": json.loads(caps, parse_float=Decimal),
        }
    )


def _read_overrides(
    cursor: psycopg.Cursor, place: PeriodPlace
) -> dict[str, tuple[OverrideRow, ...]]:
    cursor.execute(
        "select o.agreement_id, o.override_id::text, o.amount_native, o.created_at, "
        "o.pre_override_native, o.validator_key, o.component, o.reason, o.created_by, "
        "a.introducer_id::text, "
        "(select v.version from governance.agreement_versions v "
        "where v.agreement_id = o.agreement_id and v.chain_id = o.chain_id "
        "order by v.effective_from_period > %s, v.effective_from_period desc limit 1) "
        "from governance.overrides o join governance.agreements a using (agreement_id) "
        "where o.chain_id = %s and o.period_id = %s and o.revoked_at is null "
        "and a.status <> 'DRAFT'",
        [place.ordinal, place.chain_id, place.period_id],
    )
    found: dict[str, list[OverrideRow]] = {}
    for agreement, override_id, amount, created, seen, validator, component, *more in cursor:
        reason, author, introducer, version = more
        override = Override(
            override_id,
            int(amount),
            created,
            int_or_none(seen),
            validator_key=validator,
            component=component,
        )
        row = OverrideRow(override, reason, author, version, introducer)
        found.setdefault(agreement, []).append(row)
    return {agreement: _in_force(rows) for agreement, rows in found.items()}


def _in_force(rows: list[OverrideRow]) -> tuple[OverrideRow, ...]:
    by_id = {row.override.override_id: row for row in rows}
    return tuple(by_id[one.override_id] for one in in_force(row.override for row in rows))


def read_inputs(cursor: psycopg.Cursor, place: PeriodPlace) -> StoredInputs:
    """Return the P&L and client stakes of a period, from the current rows."""
    validators: dict[str, ValidatorPnl] = {}
    pnl_rows: dict[str, InputRow] = {}
    flags: dict[str, tuple[str, ...]] = {}
    scope = f"{place.chain_id}|{place.period_id}"
    cursor.execute(
        "select validator_key, computation_version, quality_flags, exec_fees_native, "
        "mev_tips_native, vote_rewards_native, commission_native, gross_mev_native, "
        "net_profit_native, total_stake_native from validators.validator_pnl "
        "where chain_id = %s and period_id = %s and is_current and not is_void",
        [place.chain_id, place.period_id],
    )
    for validator, version, quality, *amounts in cursor:
        validators[validator] = ValidatorPnl(*map(int_or_none, amounts))
        pnl_rows[validator] = ("validator_pnl", f"{scope}|{validator}", str(version))
        flags[validator] = tuple(quality)
    stakes, stake_rows = _read_stakes(cursor, place)
    inputs = PeriodInputs(
        place.chain_id,
        place.period_id,
        place.ordinal,
        place.month,
        place.is_last_of_month,
        validators,
        stakes,
        place.first_of_month,
    )
    return StoredInputs(
        inputs,
        pnl_rows,
        {key: tuple(sorted(rows)) for key, rows in stake_rows.items()},
        flags,
    )


def _read_stakes(
    cursor: psycopg.Cursor, place: PeriodPlace
) -> tuple[tuple[ClientStake, ...], dict[tuple[str, str], list[InputRow]]]:
    cursor.execute(
        "select client_id, introducer_id::text, validator_key, staker_address, stake_native, "
        "rewards_native, commission_native, computation_version "
        "from validators.canonical_client_stakes "
        "where chain_id = %s and period_id = %s and is_current and not is_void "
        "and validator_key is not null order by staker_address",
        [place.chain_id, place.period_id],
    )
    stakes: list[ClientStake] = []
    rows: dict[tuple[str, str], list[InputRow]] = {}
    for client, introducer, validator, address, *amounts, version in cursor:
        stakes.append(
            ClientStake(client, introducer, validator, address, *map(int_or_none, amounts))
        )
        key = f"{place.chain_id}|{place.period_id}|{address}"
        rows.setdefault((introducer, validator), []).append(
            ("canonical_client_stakes", key, str(version))
        )
    return tuple(stakes), rows
