"""From stored responses to canonical rows: one transaction per period and table (validator §4.2).

The stored bytes of the winning fetch are read by its provider's adapter, versions are appended, the
provenance is recorded, and the partition is published. Scope: that sequence; not here: fetching
(``periods.period_steps``), what a table's rows are (``canonical.table_rows``), identities and meta,
which join several observations (``canonical.observations``), or the write form
(``storage.versioned_append``).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from cdp_assets.core.runs.partition_run import PartitionRun
from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.chains.adapter import Adapter, DataType, ReadContext
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.rules.identity_rules import IdentityRow
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.rules.quality_rules import is_provisional_zero, quality_flags
from cdp_assets.validators.rules.source_priority import Candidate, rank
from cdp_assets.validators.storage.payload_store import FetchScope, StoredFetch, candidates
from cdp_assets.validators.storage.versioned_append import (
    NOTHING,
    Appended,
    Stamp,
    Value,
    VersionedRow,
    VersionedTable,
    append_versions,
)

CODE_VERSION = "2"
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
class TableRow:
    """One row of a canonical table before it has an origin.

    Attributes:
        key: Business key after chain and period.
        values: In the order of the table.
        flags: Its own quality flags.
    """

    key: tuple[str, ...]
    values: tuple[Value, ...]
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Observed:
    """The rows of a table as one fetch has them.

    Attributes:
        rows: Of tracked validators.
        total: Sum that must not be zero at first, those of unknown validators included.
        statistics: For the run's metadata.
        is_proven: The fetch itself proves the total, so that 0 needs no second fetch.
    """

    rows: Sequence[TableRow]
    total: int
    statistics: dict[str, int] = field(default_factory=dict)
    is_proven: bool = False

    def is_provisional_zero(self, winner: Candidate) -> bool:
        """Return whether everything is 0 and neither the fetch nor a second one proves that."""
        is_confirmed = self.is_proven or winner.is_confirmed
        return is_provisional_zero(self.total, is_confirmed=is_confirmed)


@dataclass(frozen=True)
class TableWriter:
    """How the rows of one canonical table follow from a fetch.

    Attributes:
        data_type: The fetch.
        table: The table.
        read: Reads a stored fetch with the adapter of its provider.
    """

    data_type: DataType
    table: VersionedTable
    read: Callable[[type[Adapter], StoredFetch, ReadContext], Observed]


@dataclass(frozen=True)
class Normalised:
    """What one normalisation did.

    Attributes:
        state: MATERIALIZED, or NOT_OBSERVED: the period's validators were not recorded in time.
        appended: Versions written and rows left alone.
        row_count: Current rows of the period, tombstones not counted.
        statistics: For the run's metadata.
        winner: The fetch that the rows were built from; null for other tables.
        is_skipped: No source of the table has an address and nothing is stored: nothing published.
    """

    state: str
    appended: Appended
    row_count: int
    statistics: dict[str, int] = field(default_factory=dict)
    winner: uuid.UUID | None = None
    is_skipped: bool = False


def normalise(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    writer: TableWriter,
    *,
    has_source: bool = True,
) -> Normalised:
    """Write a table's rows of a period from the winning complete fetch.

    Args:
        connection: Of the run.
        context: The run.
        period: An ended period.
        writer: The table.
        has_source: It, and all data types that it is read with, have a source with an address.

    Raises:
        MissingUpstream: No complete fetch is stored, or the identities were never normalised.
    """
    chain_id, keys = context.chain.chain_id, context.keys
    key = keys.table(writer.table.name)
    with context.run.transaction(connection) as cursor:
        identities = read_identities(cursor, chain_id, period.period_id)
        if not identities and needs_identities(context, writer.data_type):
            if state_of(cursor, keys.identities, period) == NOT_OBSERVED:
                context.run.publish(cursor, key, 0, key=period.period_id, state=NOT_OBSERVED)
                return Normalised(NOT_OBSERVED, NOTHING, 0)
            raise never_materialized(keys.identities, period, "its validators are not known yet")
        ranked = ranked_fetches(connection, context, period, writer.data_type)
        lacking = [] if ranked else [writer.data_type]
        for other in sorted(reads_too(context, writer.data_type)):
            if not ranked_fetches(connection, context, period, other):
                lacking.append(other)
        if lacking and not has_source:
            return Normalised(NOT_OBSERVED, NOTHING, 0, is_skipped=True)
        if lacking:
            staging = keys.staging(lacking[0])
            raise never_materialized(staging, period, "no complete fetch is stored")
        reading = read_context(connection, context, period, identities)
        chosen, observed, passed_over = _choose(context, period, writer, ranked, reading)
        rows = _versions(context, period, writer, chosen, observed)
        appended = append_versions(
            cursor, writer.table, chain_id, [period.period_id], rows, context.stamp
        )
        payload_id = chosen.winner.payload_id
        record_provenance(cursor, context, writer.table.name, period.period_id, [payload_id])
        context.run.publish(cursor, key, len(rows), key=period.period_id, is_final=True)
    statistics = {**observed.statistics, "unconfirmed_zero_fetches": passed_over}
    return Normalised(MATERIALIZED, appended, len(rows), statistics, payload_id)


def needs_identities(context: WriteContext, data_type: DataType) -> bool:
    """Return whether rows of a data type are attributed through the period's identities."""
    adapters = context.registry.adapters_for(context.chain.chain_id, data_type)
    return any(data_type in a.reads_by_identity | a.fetches_by_identity for a in adapters)


def reads_too(context: WriteContext, data_type: DataType) -> set[DataType]:
    """Return the other data types whose fetches the rows of one are read with."""
    adapters = context.registry.adapters_for(context.chain.chain_id, data_type)
    return {other for a in adapters for other in a.reads_too.get(data_type, frozenset())}


def read_identities(
    cursor: psycopg.Cursor, chain_id: str, period_id: str
) -> tuple[IdentityRow, ...]:
    """Return the keys of the validators of a period, from the canonical table."""
    cursor.execute(
        "select validator_key, kind, value from validators.canonical_validator_identities "
        "where chain_id = %s and period_id = %s and is_current and not is_void "
        "order by validator_key, kind, value",
        [chain_id, period_id],
    )
    return tuple(IdentityRow(*row) for row in cursor.fetchall())


def ranked_fetches(
    connection: psycopg.Connection, context: WriteContext, period: Period, data_type: DataType
) -> list[StoredFetch]:
    """Return the complete fetches of a period, best first; empty where none is stored."""
    chain_id = context.chain.chain_id
    providers = context.registry.providers_for(chain_id, data_type, period.ordinal)
    with connection.cursor() as cursor:
        found = candidates(cursor, chain_id, period.period_id, data_type)
    return [
        StoredFetch(
            connection,
            FetchScope(chain_id, period.period_id, data_type, candidate.provider),
            candidate,
        )
        for candidate in rank(found, [provider.name for provider in providers])
    ]


def newest_fetch(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    data_type: DataType,
    provider: str,
) -> StoredFetch | None:
    """Return the newest complete fetch of one provider, compared ones included; null: none."""
    chain_id, period_id = context.chain.chain_id, period.period_id
    with connection.cursor() as cursor:
        found = candidates(cursor, chain_id, period_id, data_type)
    scope = FetchScope(chain_id, period_id, data_type, provider)
    return next((StoredFetch(connection, scope, one) for one in rank(found, [provider])), None)


def read_context(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    identities: Sequence[IdentityRow],
) -> ReadContext:
    """Return what adapters read a period's fetches with."""
    return ReadContext(
        period,
        tuple(identities),
        context.chain.tracks,
        lambda other: ranked_fetches(connection, context, period, other),
        context.chain.operator_stake_accounts,
        context.chain.expected_fee_recipients,
    )


def adapter_of(context: WriteContext, provider: str) -> type[Adapter]:
    """Return the adapter of a provider of the run's chain."""
    chain_id = context.chain.chain_id
    return next(
        p.adapter_class
        for p in context.registry.providers
        if (p.chain_id, p.name) == (chain_id, provider)
    )


def _choose(
    context: WriteContext,
    period: Period,
    writer: TableWriter,
    ranked: Sequence[StoredFetch],
    reading: ReadContext,
) -> tuple[StoredFetch, Observed, int]:
    """Return the fetch that counts, its rows, and how many better-ranked were passed over.

    A fetch in which everything is 0 loses to any other until the source confirms it an hour later:
    an empty response overwrites nothing (validator §2, §13). Like the rank itself, this does not
    depend on the order of arrival.
    """
    best: tuple[StoredFetch, Observed] | None = None
    for place, stored in enumerate(ranked):
        observed = writer.read(adapter_of(context, stored.winner.provider), stored, reading)
        if not observed.is_provisional_zero(stored.winner):
            return stored, observed, place
        best = best or (stored, observed)
    assert best is not None
    return *best, 0


def _versions(
    context: WriteContext,
    period: Period,
    writer: TableWriter,
    chosen: StoredFetch,
    observed: Observed,
) -> list[VersionedRow]:
    providers = context.registry.providers_for(
        context.chain.chain_id, writer.data_type, period.ordinal
    )
    winner = chosen.winner
    is_zero = observed.is_provisional_zero(winner)
    return [
        VersionedRow(
            key=(period.period_id, *row.key),
            values=row.values,
            origin=(winner.provider, winner.payload_id),
            quality_flags=quality_flags(
                row.flags,
                is_provisional_zero=is_zero,
                is_fallback=winner.provider != providers[0].name,
            ),
        )
        for row in sorted(observed.rows, key=lambda row: row.key)
    ]


def record_provenance(
    cursor: psycopg.Cursor,
    context: WriteContext,
    table: str,
    period_id: str,
    payload_ids: Iterable[uuid.UUID],
) -> None:
    """Record which payloads a period was normalised from, also where they changed no value."""
    cursor.execute(
        "insert into validators.canonical_provenance "
        "(chain_id, table_name, period_id, payload_id, normalized_at) "
        "select %s, %s, %s, payload_id, %s from unnest(%s::uuid[]) payload_id "
        "on conflict do nothing",
        [context.chain.chain_id, table, period_id, context.now, list(payload_ids)],
    )


def state_of(cursor: psycopg.Cursor, asset_key: str, period: Period) -> str | None:
    """Return the state of a period's partition; null: never materialized."""
    row: Any = cursor.execute(
        "select state from ops.asset_partition_status where asset_key = %s and partition_key = %s",
        [asset_key, period.period_id],
    ).fetchone()
    return None if row is None else str(row[0])


def never_materialized(asset_key: str, period: Period, why: str) -> MissingUpstream:
    """Return the error of a period whose input was never materialized."""
    return MissingUpstream(
        why, key=period.period_id, hint=f"materialize {asset_key} for this period first"
    )
