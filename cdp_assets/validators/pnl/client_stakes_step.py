"""The step ``canonical_client_stakes`` of a period: who introduced which stake (validator §5).

One row per stake account whose client mapping holds the period; amounts come from the account's
canonical rewards, null where no source of the period has the account. Scope: reading, appending
and publishing; not here: what a partner earns of it (``commissions``).
"""

from __future__ import annotations

from typing import Any

import psycopg

from cdp_assets.validators.canonical.normalise import MATERIALIZED, WriteContext
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import KnownPeriod, read_periods, require_period
from cdp_assets.validators.pnl.pnl_tables import CLIENT_STAKES
from cdp_assets.validators.rules.inputs_hash import inputs_hash
from cdp_assets.validators.storage.versioned_append import VersionedRow, append_versions

CODE_VERSION = "1"

# An account is delegated to one validator; of two rows the one with more stake counts.
_STAKES = """
select distinct on (m.staker_address)
    m.staker_address, m.mapping_id, m.client_id, m.introducer_id, m.from_period, m.to_period,
    r.validator_key, r.version, r.stake_native, r.rewards_native, r.commission_native,
    coalesce(r.quality_flags, '{}') as quality_flags
from governance.client_mappings m
left join validators.canonical_stake_rewards r
    on r.chain_id = m.chain_id and r.period_id = %(period)s
    and r.staker_address = m.staker_address and r.is_current and not r.is_void
where m.chain_id = %(chain)s and m.from_period <= %(ordinal)s
    and (m.to_period is null or m.to_period > %(ordinal)s)
order by m.staker_address, r.stake_native desc nulls last, r.validator_key
"""


def write_client_stakes(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Write the stakes of a period's mapped accounts.

    Raises:
        MissingUpstream: The period is unknown.
    """
    chain, run = context.chain, context.run
    with run.connection() as connection, run.transaction(connection) as cursor:
        periods = read_periods(connection, chain.chain_id)
        known = require_period(periods, period_id, context.keys.periods)
        rows = _read(cursor, chain, known)
        appended = append_versions(
            cursor, CLIENT_STAKES, chain.chain_id, [period_id], rows, context.stamp
        )
        run.publish(
            cursor,
            context.keys.client_stakes,
            len(rows),
            key=period_id,
            is_final=True,
            is_changed=appended.written > 0,
            code_version=CODE_VERSION,
        )
    return PeriodResult(len(rows), appended, MATERIALIZED)


def _read(cursor: psycopg.Cursor, chain: Chain, known: KnownPeriod) -> list[VersionedRow]:
    period = known.period
    cursor.execute(
        _STAKES,
        {"chain": chain.chain_id, "period": period.period_id, "ordinal": period.ordinal},
    )
    return [_as_version(chain.chain_id, period.period_id, row) for row in cursor]


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
            *(None if amount is None else int(amount) for amount in amounts),
        ),
        origin=(inputs_hash(used), CODE_VERSION),
        quality_flags=tuple(flags),
    )
