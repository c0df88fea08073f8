"""From stored responses to canonical rows: one transaction per period and table (validator §4.2).

Each function reads the stored bytes of the winning response, appends versions, records the
provenance and publishes. Scope: that sequence; not here: fetching (``ingestion``), the rules
(``rules``), the write form (``storage.versioned_append``).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from cdp_assets.core.runs.partition_run import PartitionRun
from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.canonical.canonical_tables import FEES, IDENTITIES
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, DataType, Registry
from cdp_assets.validators.ingestion.fetch_fees import read_fees
from cdp_assets.validators.ingestion.fetch_validators import LOOK_BACK_PERIODS
from cdp_assets.validators.rules import fees_rules
from cdp_assets.validators.rules.fees_rules import FeeTotals, ValidatorFees
from cdp_assets.validators.rules.identity_rules import identity_rows
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.rules.source_priority import Candidate, rank
from cdp_assets.validators.storage.payload_store import FetchScope, candidates, read_body
from cdp_assets.validators.storage.versioned_append import (
    NOTHING,
    Appended,
    Stamp,
    VersionedRow,
    append_versions,
)
from resources.sources.jito_kobe import read_validators
from resources.sources.solana_responses import VoteAccount, read_envelope, read_vote_accounts

CODE_VERSION = "1"
_OBSERVATION_READERS: dict[str, Callable[[bytes], Sequence[VoteAccount]]] = {
    "solana_rpc": lambda body: read_vote_accounts(read_envelope(body)[0].result),
    "jito_kobe": read_validators,
}
NOT_OBSERVED = "NOT_OBSERVED"
MATERIALIZED = "MATERIALIZED"


@dataclass(frozen=True)
class WriteContext:
    """What every write of one run shares.

    Attributes:
        chain: The chain.
        registry: Priorities and configuration hash.
        run: The run, which publishes what is written.
    """

    chain: Chain
    registry: Registry
    run: PartitionRun

    @property
    def now(self) -> datetime:
        """Return the clock of the run."""
        return self.run.as_of

    @property
    def stamp(self) -> Stamp:
        """Return what each version carries."""
        return Stamp(self.now, self.registry.config_hash(self.chain.chain_id))

    @property
    def keys(self) -> ChainKeys:
        """Return the asset keys of the chain."""
        return ChainKeys(self.chain.key_name)


@dataclass(frozen=True)
class Normalised:
    """What one normalisation did.

    Attributes:
        state: MATERIALIZED, or NOT_OBSERVED: the period's validators were not recorded in time.
        appended: Versions written and rows left alone.
        row_count: Current rows of the period, tombstones not counted.
        unattributed: Fees of identities that belong to no known validator.
        winner: The fetch that the rows were built from; null for other tables.
        unconfirmed_zeros: Newer fetches in which all fees are 0, not confirmed yet.
    """

    state: str
    appended: Appended
    row_count: int
    unattributed: dict[str, FeeTotals] = field(default_factory=dict)
    winner: uuid.UUID | None = None
    unconfirmed_zeros: int = 0


def normalise_identities(
    connection: psycopg.Connection, context: WriteContext, period: Period, *, is_running: bool
) -> Normalised:
    """Write which keys each validator had in a period, from the stored observations.

    Args:
        connection: Of the run.
        context: The run.
        period: The period.
        is_running: It is the chain's current one, so a later observation may add to it.
    """
    chain_id, key = context.chain.chain_id, context.keys.identities
    with context.run.transaction(connection) as cursor:
        observed = _observations(cursor, context, period)
        if not observed:
            context.run.publish(cursor, key, 0, key=period.period_id, state=NOT_OBSERVED)
            return Normalised(NOT_OBSERVED, NOTHING, 0)
        rows = [
            VersionedRow(
                key=(period.period_id, row.validator_key, row.kind, row.value),
                values=(),
                origin=(origin.provider, origin.payload_id),
            )
            for row, origin in identity_rows(observed, context.chain.tracks)
        ]
        appended = append_versions(
            cursor, IDENTITIES, chain_id, [period.period_id], rows, context.stamp
        )
        _record_provenance(
            cursor,
            context,
            IDENTITIES.name,
            period.period_id,
            [origin.payload_id for origin, _ in observed],
        )
        context.run.publish(cursor, key, len(rows), key=period.period_id, is_final=not is_running)
    return Normalised(MATERIALIZED, appended, len(rows))


def normalise_fees(
    connection: psycopg.Connection, context: WriteContext, period: Period
) -> Normalised:
    """Write the fee income of a period's validators from the winning complete fetch.

    Args:
        connection: Of the run.
        context: The run.
        period: An ended period.

    Raises:
        MissingUpstream: No complete fetch is stored, or the identities were never normalised.
    """
    chain_id, keys = context.chain.chain_id, context.keys
    with context.run.transaction(connection) as cursor:
        validator_of = read_identities(cursor, chain_id, period.period_id)
        if not validator_of and _state_of(cursor, keys.identities, period) == NOT_OBSERVED:
            context.run.publish(cursor, keys.fees, 0, key=period.period_id, state=NOT_OBSERVED)
            return Normalised(NOT_OBSERVED, NOTHING, 0)
        _require(bool(validator_of), keys.identities, period, "its validators are not known yet")
        ranked, first_provider = _ranked(cursor, context, period, "FEES")
        winner, fees, set_aside = _choose(connection, context, period, ranked, validator_of)
        is_fallback = winner.provider != first_provider
        rows = _fee_rows(fees, winner, period, is_fallback=is_fallback)
        appended = append_versions(cursor, FEES, chain_id, [period.period_id], rows, context.stamp)
        _record_provenance(cursor, context, FEES.name, period.period_id, [winner.payload_id])
        context.run.publish(cursor, keys.fees, len(rows), key=period.period_id, is_final=True)
    return Normalised(
        MATERIALIZED, appended, len(rows), dict(fees.unattributed), winner.payload_id, set_aside
    )


def read_identities(cursor: psycopg.Cursor, chain_id: str, period_id: str) -> dict[str, str]:
    """Return the validator of each identity of a period, from the canonical table."""
    cursor.execute(
        "select value, validator_key from validators.canonical_validator_identities "
        "where chain_id = %s and period_id = %s and kind = 'identity' "
        "and is_current and not is_void",
        [chain_id, period_id],
    )
    return dict(cursor.fetchall())


def _fee_rows(
    fees: ValidatorFees, winner: Candidate, period: Period, *, is_fallback: bool
) -> list[VersionedRow]:
    zero = fees_rules.is_provisional_zero(fees.total, is_confirmed=winner.is_confirmed)
    return [
        VersionedRow(
            key=(period.period_id, validator),
            values=(
                totals.total_fees_native,
                totals.fee_count,
                None,
                None,
                totals.blocks_produced,
                totals.leader_slots,
            ),
            origin=(winner.provider, winner.payload_id),
            quality_flags=fees_rules.quality_flags(
                totals, is_provisional_zero=zero, is_fallback=is_fallback
            ),
        )
        for validator, totals in sorted(fees.by_validator.items())
    ]


def _ranked(
    cursor: psycopg.Cursor, context: WriteContext, period: Period, data_type: DataType
) -> tuple[list[Candidate], str]:
    """Return the complete fetches of a period, best first, and the provider with first priority."""
    chain_id = context.chain.chain_id
    providers = context.registry.providers_for(chain_id, data_type, period.ordinal)
    priority = [provider.name for provider in providers]
    found = rank(candidates(cursor, chain_id, period.period_id, data_type), priority)
    _require(bool(found), context.keys.staging_fees, period, "no complete fetch is stored")
    return found, priority[0]


def _choose(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    ranked: Sequence[Candidate],
    validator_of: dict[str, str],
) -> tuple[Candidate, ValidatorFees, int]:
    """Return the fetch that counts, its fees, and how many better-ranked ones were passed over.

    A fetch in which all fees are 0 loses to any other until the source confirms it an hour later:
    an empty response overwrites nothing (validator §2, §13). Like the rank itself, this does not
    depend on the order of arrival.
    """
    chain = context.chain
    best: tuple[Candidate, ValidatorFees] | None = None
    for place, candidate in enumerate(ranked):
        scope = FetchScope(chain.chain_id, period.period_id, "FEES", candidate.provider)
        totals = read_fees(connection, scope, candidate, period).totals()
        fees = fees_rules.fees_by_validator(totals, validator_of, chain.tracks)
        if not fees_rules.is_provisional_zero(fees.total, is_confirmed=candidate.is_confirmed):
            return candidate, fees, place
        best = best or (candidate, fees)
    assert best is not None
    return *best, 0


def _observations(
    cursor: psycopg.Cursor, context: WriteContext, period: Period
) -> list[tuple[Candidate, Sequence[VoteAccount]]]:
    """Return the stored observations for a period, newest first; empty: not observed.

    Those of the two periods before it follow its own, because the leader schedule is drawn that
    early. Alone they do not count as an observation of the period.
    """
    chain_id = context.chain.chain_id
    found: list[tuple[Candidate, Sequence[VoteAccount]]] = []
    for ordinal in range(period.ordinal, max(-1, period.ordinal - LOOK_BACK_PERIODS - 1), -1):
        providers = context.registry.providers_for(chain_id, "META", ordinal)
        ranked = rank(
            candidates(cursor, chain_id, str(ordinal), "META"), [p.name for p in providers]
        )
        for candidate in ranked:
            if candidate.provider == ranked[0].provider:
                adapter = next(p.adapter for p in providers if p.name == candidate.provider)
                body = read_body(cursor, "META", candidate.payload_id)
                found.append((candidate, _OBSERVATION_READERS[adapter](body)))
        if ordinal == period.ordinal and not found:
            return []
    return found


def _record_provenance(
    cursor: psycopg.Cursor,
    context: WriteContext,
    table: str,
    period_id: str,
    payload_ids: Iterable[uuid.UUID],
) -> None:
    cursor.execute(
        "insert into validators.canonical_provenance "
        "(chain_id, table_name, period_id, payload_id, normalized_at) "
        "select %s, %s, %s, payload_id, %s from unnest(%s::uuid[]) payload_id "
        "on conflict do nothing",
        [context.chain.chain_id, table, period_id, context.now, list(payload_ids)],
    )


def _state_of(cursor: psycopg.Cursor, asset_key: str, period: Period) -> str | None:
    row = cursor.execute(
        "select state from ops.asset_partition_status where asset_key = %s and partition_key = %s",
        [asset_key, period.period_id],
    ).fetchone()
    return None if row is None else str(row[0])


def _require(condition: bool, asset_key: str, period: Period, why: str) -> None:
    if not condition:
        raise MissingUpstream(
            why, key=period.period_id, hint=f"materialize {asset_key} for this period first"
        )
