"""The step ``canonical_client_stakes`` of a period: who introduced which stake (validator §5).

One row per stake account whose client mapping holds the period; amounts come from the account's
canonical rewards, null where no source of the period has the account. Scope: reading, appending
and publishing; not here: what a partner earns of it (``commissions``).
"""

from __future__ import annotations

from typing import Any, LiteralString

from cdp_assets.validators.canonical.normalise import MATERIALIZED, WriteContext
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import KnownPeriod, read_periods, require_period
from cdp_assets.validators.pnl.pnl_tables import CLIENT_STAKES
from cdp_assets.validators.rules.inputs_hash import inputs_hash
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

CODE_VERSION = "1"

_MAPPED_REWARDS = """
from governance.client_mappings m
left join validators.canonical_stake_rewards r
    on r.chain_id = m.chain_id and r.period_id = %(period)s
    and r.staker_address = m.staker_address and r.is_current and not r.is_void
where m.chain_id = %(chain)s and m.period_type = %(type)s and m.from_period <= %(ordinal)s
    and (m.to_period is null or m.to_period > %(ordinal)s)
"""
_INPUT_ROWS: LiteralString = f"""
select concat_ws('|', 'mapping', m.mapping_id, coalesce(m.to_period::text, 'open'),
    m.staker_address, r.validator_key, r.version) as row
{_MAPPED_REWARDS}
"""
# An account is delegated to one validator; of two rows the one with more stake counts.
_STAKES = f"""
select distinct on (m.staker_address)
    m.staker_address, m.mapping_id, m.client_id, m.introducer_id, m.from_period, m.to_period,
    r.validator_key, r.version, r.stake_native, r.rewards_native, r.commission_native,
    coalesce(r.quality_flags, '{{}}') as quality_flags
{_MAPPED_REWARDS}
order by m.staker_address, r.stake_native desc nulls last, r.validator_key
"""


def write_client_stakes(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Write the stakes of a period's mapped accounts.

    Raises:
        MissingUpstream: The period is unknown.
    """
    chain, run, key = context.chain, context.run, context.keys.client_stakes
    with run.connection() as connection, run.transaction(connection) as cursor:
        periods = read_periods(connection, chain.chain_id)
        known = require_period(periods, period_id, context.keys.periods)
        parameters = _parameters(chain, known)
        digest = partition_hash(cursor, _INPUT_ROWS, parameters, [CODE_VERSION])
        held = unchanged_rows(cursor, key, period_id, digest)
        if held is not None:
            row_count, appended = held, Appended(0, 0, 0, held)
        else:
            cursor.execute(_STAKES.encode(), parameters)
            rows = [_as_version(chain.chain_id, period_id, row) for row in cursor]
            appended = append_versions(
                cursor, CLIENT_STAKES, chain.chain_id, [period_id], rows, context.stamp
            )
            row_count = len(rows)
            record_inputs(cursor, key, period_id, digest)
        run.publish(
            cursor,
            key,
            row_count,
            key=period_id,
            is_final=True,
            is_changed=appended.written > 0,
            code_version=CODE_VERSION,
        )
    return PeriodResult(row_count, appended, MATERIALIZED)


def _parameters(chain: Chain, known: KnownPeriod) -> dict[str, object]:
    period = known.period
    return {
        "chain": chain.chain_id,
        "period": period.period_id,
        "type": period.period_type,
        "ordinal": period.ordinal,
    }


def _as_version(chain_id: str, period_id: str, row: tuple[Any, ...]) -> VersionedRow:
    address, mapping, client, introducer, start, end, validator, version, *amounts, flags = row
    used = [("client_mappings", str(mapping), "open" if end is None else str(end))]
    if version is not None:
        key = f"{chain_id}|{period_id}|{validator}|{address}"
        used.append(("canonical_stake_rewards", key, str(version)))
    return VersionedRow(
        key=(period_id, address),
        values=(
            validator,
            client,
            introducer,
            start,
            end,
            *map(int_or_none, amounts),
        ),
        origin=(inputs_hash(used), CODE_VERSION),
        quality_flags=tuple(flags),
    )
