"""Checks of the validator assets: each is one statement that finds the rows which break a rule.

A statement returns ``period_id`` and a readable ``sample`` per row, for the periods that a run
wrote, with the parameters chain, periods, and for fees winners and tracks_all. Conservation and
completeness read the stored responses as jsonb, independently of the Python that wrote the rows.
Scope: the checks; not here: the assets (``chain_assets``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import dagster as dg
import psycopg

from cdp_assets.clock import wall_clock
from cdp_assets.core.checks.check_results import sample_rows
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.validators.canonical import canonical_tables
from cdp_assets.validators.storage.manifest_parts import manifest_parts
from cdp_assets.validators.storage.version_checks import one_current_row, payloads_are_stored


def evaluate_periods(
    connection: psycopg.Connection,
    check: SqlCheck,
    parameters: Mapping[str, object],
    run_id: str,
    partitions: Sequence[str],
) -> dg.AssetCheckResult:
    """Evaluate a check and record a failed blocking one on its partitions in the ops contract.

    Args:
        connection: In autocommit mode.
        check: Of an asset of a chain.
        parameters: Of the statement.
        run_id: The run that wrote the partitions.
        partitions: Partitions to mark where a row names no period of theirs ('' for an
            unpartitioned asset).
    """
    result = evaluate(connection, check, parameters)
    if not result.passed and check.is_blocking:
        _mark(connection, check, parameters, result, run_id, partitions)
    return result


def _mark(
    connection: psycopg.Connection,
    check: SqlCheck,
    parameters: Mapping[str, object],
    result: dg.AssetCheckResult,
    run_id: str,
    partitions: Sequence[str],
) -> None:
    statement = f"select distinct period_id from ({check.broken}) b"
    named = {row[0] for row in connection.execute(statement.encode(), dict(parameters))}
    marked = [key for key in partitions if key in named] or list(partitions)
    first = sample_rows(connection.execute(check.broken.encode(), dict(parameters)))[0]
    connection.execute(
        "update ops.asset_partition_status set state = 'CHECK_FAILED', last_failed_at = %s, "
        "error_code = %s, error_message = %s "
        "where asset_key = %s and partition_key = any(%s) and run_id = %s",
        [
            wall_clock(), f"check:{check.name}",
            f"{result.description} First: {' '.join(map(str, first.values()))}"[:2000],
            check.asset_key, marked, run_id,
        ],
    )  # fmt: skip


def of_asset(checks: Sequence[SqlCheck], asset_key: str) -> tuple[SqlCheck, ...]:
    """Return the checks of a table as those of the asset that writes a chain's part of it."""
    return tuple(replace(check, asset_key=asset_key) for check in checks)


def _check(
    table: str, name: str, meaning: str, broken: str, *, is_blocking: bool = True
) -> SqlCheck:
    severity = dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN
    return SqlCheck(name, table, meaning, broken, severity, is_blocking=is_blocking)


def _no_provisional_zero(table: str) -> SqlCheck:
    return _check(
        f"validators/{table}",
        "no_provisional_zero",
        "No period is all zero on a first response; a second fetch an hour later confirms it.",
        f"""
        select period_id, validator_key
        from validators.{table}
        where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current and not is_void
            and 'PROVISIONAL_ZERO' = any(quality_flags)
        """,
        is_blocking=False,
    )


def _fetch_complete(data_type: str) -> SqlCheck:
    return _check(
        f"staging/staging_{data_type.lower()}",
        "fetch_complete",
        "Each period has a complete fetch, and all responses that it lists are stored.",
        f"""
        with manifests as (
            select s.period_id, s.provider_name, s.raw_payload
            from staging.staging_payloads s
            where s.data_type = '{data_type}' and s.chain_id = %(chain)s
                and s.period_id = any(%(periods)s) and s.role = 'manifest'
        )
        select p.period_id, 'no complete fetch' as sample
        from unnest(%(periods)s::text[]) p (period_id)
        where p.period_id not in (select period_id from manifests)
            and not exists (
                select from ops.asset_partition_status a
                where a.asset_key = 'staging/' || replace(%(chain)s, '-', '_')
                    || '/staging_{data_type.lower()}'
                    and a.partition_key = p.period_id and a.state = 'NOT_OBSERVED'
            )
        union all
        select m.period_id, part ->> 'asked'
        from manifests m
        {manifest_parts("m", data_type=f"'{data_type}'", join="left join")}
        where s.is_complete is not true
        """,
    )


_PERIODS = "validators/canonical_periods"
_META = "staging/staging_meta"
_IDENTITIES = "validators/canonical_validator_identities"
_FEES = "validators/canonical_validator_fees"

PERIOD_CHECKS = (
    one_current_row(canonical_tables.PERIODS),
    _check(
        _PERIODS,
        "periods_follow_each_other",
        "Periods of one type neither overlap nor leave a gap between their slots.",
        """
        select period_id,
            'begins at ' || start_slot || ', the previous one ends at ' || before as sample
        from (
            select
                period_id, period_type, start_slot,
                lag(end_slot) over (partition by period_type order by start_slot) as before
            from validators.canonical_periods
            where chain_id = %(chain)s and is_current and not is_void
        ) neighbours
        where start_slot <= before or (start_slot > before + 1 and period_type <> 'SLOT_RANGE')
        """,
    ),
    _check(
        _PERIODS,
        "ended_periods_have_times",
        "The first and last block of every ended period are known; without them a period belongs "
        "to no month. A node without history cannot report them.",
        """
        select period_id, status
        from validators.canonical_periods
        where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current and not is_void
            and status <> 'OPEN' and (start_ts is null or end_ts is null)
        """,
        is_blocking=False,
    ),
)

STAGING_META_CHECKS = (
    _check(
        _META,
        "period_was_observed",
        "A complete list of the period's validators is stored. A node reports the present only: "
        "what was not recorded while the period ran needs a source with history.",
        """
        select p.period_id, 'no complete observation' as sample
        from unnest(%(periods)s::text[]) p (period_id)
        where not exists (
            select
            from staging.staging_payloads s
            where s.data_type = 'META' and s.chain_id = %(chain)s and s.period_id = p.period_id
                and s.is_complete and s.role = 'answer'
        )
        """,
        is_blocking=False,
    ),
)

STAGING_FEES_CHECKS = (_fetch_complete("FEES"),)
STAGING_MEV_CHECKS = (_fetch_complete("MEV"),)
STAGING_REWARDS_CHECKS = (_fetch_complete("REWARDS"),)

IDENTITY_CHECKS = (
    one_current_row(canonical_tables.IDENTITIES),
    _check(
        _IDENTITIES,
        "identity_of_one_validator",
        "In one period no identity belongs to two validators, or its fees would count twice.",
        """
        select period_id, value || ' is of ' || string_agg(validator_key, ', ') as sample
        from validators.canonical_validator_identities
        where chain_id = %(chain)s and period_id = any(%(periods)s) and kind = 'identity'
            and is_current and not is_void
        group by period_id, value
        having count(*) > 1
        """,
    ),
)

# The responses of the fetches that the run built the periods' rows from; the run passes their ids.
_WINNING_PARTS = f"""
    with winners as (
        select period_id, provider_name, raw_payload
        from staging.staging_payloads
        where data_type = 'FEES' and payload_id = any(%(winners)s)
    ),
    parts as materialized (
        select w.period_id, part ->> 'asked' as asked, s.raw_payload
        from winners w
        {manifest_parts("w", data_type="'FEES'")}
    )
"""

FEE_CHECKS = (
    one_current_row(canonical_tables.FEES),
    _check(
        _FEES,
        "fees_are_not_negative",
        "Fee income and its counts are zero or more, and no validator has more blocks than slots.",
        """
        select period_id, validator_key
        from validators.canonical_validator_fees
        where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current and not is_void
            and not (total_fees_native >= 0 and fee_count between 0 and blocks_produced
                and blocks_produced <= leader_slots)
        """,
    ),
    _check(
        _FEES,
        "every_leader_has_a_row",
        "Every validator that the leader schedule names has its row; a leader whose vote account "
        "was not observed has none, and its fees are in no row.",
        _WINNING_PARTS
        + """
        select p.period_id, 'leader ' || leader.identity as sample
        from parts p
        cross join lateral jsonb_object_keys(p.raw_payload -> 'result') leader (identity)
        left join validators.canonical_validator_identities i
            on i.chain_id = %(chain)s and i.period_id = p.period_id and i.kind = 'identity'
            and i.value = leader.identity and i.is_current and not i.is_void
        left join validators.canonical_validator_fees c
            on c.chain_id = %(chain)s and c.period_id = p.period_id
            and c.validator_key = i.validator_key and c.is_current and not c.is_void
        where p.asked like 'getLeaderSchedule:%%' and c.validator_key is null
            and (%(tracks_all)s or i.validator_key is not null)
        """,
    ),
    _check(
        _FEES,
        "fees_sum_to_what_leaders_were_paid",
        "The sum over validators equals the sum of all Fee rewards in the stored blocks, exactly.",
        _WINNING_PARTS
        + """,
        paid as (
            select p.period_id, sum((reward ->> 'lamports')::numeric) as lamports
            from parts p
            cross join lateral jsonb_array_elements(
                case jsonb_typeof(p.raw_payload)
                    when 'array' then p.raw_payload else jsonb_build_array(p.raw_payload)
                end
            ) member
            cross join lateral jsonb_array_elements(member -> 'result' -> 'rewards') reward
            where p.asked like 'getBlock:%%' and reward ->> 'rewardType' = 'Fee'
            group by p.period_id
        ),
        counted as (
            select period_id, sum(total_fees_native) as lamports
            from validators.canonical_validator_fees
            where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current
                and not is_void
            group by period_id
        )
        select w.period_id, 'paid ' || coalesce(p.lamports, 0) || ', in rows '
            || coalesce(c.lamports, 0) as sample
        from winners w
        left join paid p using (period_id)
        left join counted c using (period_id)
        where coalesce(p.lamports, 0) <> coalesce(c.lamports, 0)
            and exists (
                select from parts l
                where l.period_id = w.period_id and l.asked like 'getLeaderSchedule:%%'
            )
        """,
    ),
    payloads_are_stored(canonical_tables.FEES),
    _no_provisional_zero("canonical_validator_fees"),
    _check(
        _FEES,
        "every_block_paid_its_leader",
        "Each produced block carries a Fee reward; blocks without one indicate a partial response.",
        """
        select period_id,
            validator_key || ' ' || blocks_produced - fee_count || ' blocks' as sample
        from validators.canonical_validator_fees
        where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current and not is_void
            and fee_count < blocks_produced
            and leader_slots is not null  -- else builders keep the fees of some blocks
        """,
        is_blocking=False,
    ),
    _check(
        _FEES,
        "period_was_observed",
        "The period's validators were recorded while it ran, so its fees can be attributed.",
        """
        select p.period_id, 'not observed' as sample
        from unnest(%(periods)s::text[]) p (period_id)
        where not exists (
            select
            from validators.canonical_validator_identities i
            where i.chain_id = %(chain)s and i.period_id = p.period_id and i.is_current
                and not i.is_void
        )
        """,
        is_blocking=False,
    ),
)

_MEV = "validators/canonical_validator_mev"
_REWARDS = "validators/canonical_stake_rewards"

MEV_CHECKS = (
    one_current_row(canonical_tables.MEV),
    _check(
        _MEV,
        "share_within_gross",
        "A validator's share of its MEV is not more than the MEV itself.",
        """
        select period_id, validator_key || ' ' || total_mev_native || ' of ' || gross_mev_native
            as sample
        from validators.canonical_validator_mev
        where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current and not is_void
            and total_mev_native > gross_mev_native
        """,
    ),
    payloads_are_stored(canonical_tables.MEV),
    _no_provisional_zero("canonical_validator_mev"),
)

REWARD_CHECKS = (
    one_current_row(canonical_tables.REWARDS),
    _check(
        _REWARDS,
        "stakers_within_aggregate",
        "What is known of single accounts is not more than the validator's own aggregate row.",
        """
        select a.period_id, a.validator_key
        from validators.canonical_stake_rewards a
        join lateral (
            select sum(s.commission_native) as commission, sum(s.stake_native) as stake,
                count(s.commission_native) as accounts
            from validators.canonical_stake_rewards s
            where s.chain_id = a.chain_id and s.period_id = a.period_id
                and s.validator_key = a.validator_key and s.staker_address <> ''
                and s.is_current and not s.is_void
        ) s on true
        where a.chain_id = %(chain)s and a.period_id = any(%(periods)s) and a.is_current
            and not a.is_void and a.staker_address = ''
            and (s.stake > a.stake_native or s.commission > a.commission_native + s.accounts)
        """,
    ),
    payloads_are_stored(canonical_tables.REWARDS),
    _no_provisional_zero("canonical_stake_rewards"),
)

META_CHECKS = (
    one_current_row(canonical_tables.META),
    payloads_are_stored(canonical_tables.META),
)
