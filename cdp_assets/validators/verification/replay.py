"""Rebuild the canonical tables from staging beside the stored ones, and compare (`cdp replay`).

Each table of a period is written by its own normalisation into a table of the session's temporary
schema, in a transaction that is rolled back: nothing is stored, published or locked for longer.
``canonical_periods`` follows the chain's head, which has moved, and is not replayed.

Scope: current rows; not here: chains of versions and hashes (``integrity``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
from psycopg import sql

from cdp_assets import clock
from cdp_assets.core.runs.partition_run import DirectRun, PartitionRun
from cdp_assets.validators.canonical.canonical_tables import IDENTITIES, META
from cdp_assets.validators.canonical.normalise import (
    CODE_VERSION,
    TableWriter,
    WriteContext,
    normalise,
)
from cdp_assets.validators.canonical.observations import normalise_identities, normalise_meta
from cdp_assets.validators.canonical.table_rows import FEES_WRITER, MEV_WRITER, REWARDS_WRITER
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.periods.period_table import read_periods
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.versioned_append import VersionedTable
from cdp_assets.validators.verification.verified import Verified
from resources.postgres.ops_status import RunRecord
from resources.postgres.warehouse import Warehouse

Write = Callable[[psycopg.Connection, WriteContext, Period, VersionedTable], object]
_SCRATCH = "pg_temp"


def _rewrite(writer: TableWriter) -> Write:
    """Return what writes a table's rows of a period from its winning fetch."""

    def write(
        connection: psycopg.Connection, context: WriteContext, period: Period, table: VersionedTable
    ) -> object:
        return normalise(connection, context, period, replace(writer, table=table))

    return write


_WRITES: dict[VersionedTable, Write] = {
    IDENTITIES: lambda connection, context, period, table: normalise_identities(
        connection, context, period, is_running=False, table=table
    ),
    META: lambda connection, context, period, table: normalise_meta(
        connection, context, period, is_running=False, table=table
    ),
    **{writer.table: _rewrite(writer) for writer in (FEES_WRITER, MEV_WRITER, REWARDS_WRITER)},
}


def replay(warehouse: Warehouse, registry: Registry) -> Iterator[Verified]:
    """Yield, for each table of each chain, the current rows that staging does not give again."""
    with warehouse.connect(autocommit=True, application="cdp replay") as connection:
        for chain in registry.chains:
            context = WriteContext(chain, registry, _run(warehouse))
            for table, write in _WRITES.items():
                periods = _written(connection, context, table)
                broken = (
                    f"{period.period_id} {key}"
                    for period in periods
                    for key in _differences(connection, context, period, table, write)
                )
                what = f"{table.name} of {chain.chain_id} is rebuilt from staging, periods"
                yield Verified.of(what, len(periods), broken)


def _run(warehouse: Warehouse) -> PartitionRun:
    """Return a run that holds no lock and is recorded nowhere."""
    now, direct = clock.now(), DirectRun("replay")
    return PartitionRun(
        direct, warehouse, [""], None, (), CODE_VERSION, direct.user, now, RunRecord()
    )


def _written(
    connection: psycopg.Connection, context: WriteContext, table: VersionedTable
) -> list[Period]:
    """Return the periods whose rows were written, ascending."""
    rows = connection.execute(
        "select partition_key from ops.asset_partition_status "
        "where asset_key = %s and state in ('MATERIALIZED', 'CHECK_FAILED') "
        "and version is not null",
        [context.keys.table(table.name)],
    )
    keys = {row[0] for row in rows}
    known = read_periods(connection, context.chain.chain_id)
    return [one.period for key, one in known.items() if key in keys]


def _differences(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    table: VersionedTable,
    write: Write,
) -> list[str]:
    """Return the keys whose content differs, and those that only one side has."""
    stored = sql.Identifier(table.schema, table.name)
    scratch = sql.Identifier(_SCRATCH, table.name)
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    with connection.transaction(force_rollback=True):
        connection.execute(
            sql.SQL("create temporary table {} (like {})").format(
                sql.Identifier(table.name), stored
            )
        )
        write(connection, context, period, replace(table, schema=_SCRATCH))
        rows = connection.execute(
            sql.SQL(
                """
                select concat_ws(' ', {key})
                from (
                    select {key}, content_hash from {stored}
                    where chain_id = %s and period_id = %s and is_current and not is_void
                ) a
                full join (
                    select {key}, content_hash from {scratch} where is_current and not is_void
                ) b using ({key})
                where a.content_hash is distinct from b.content_hash
                order by 1
                """
            ).format(key=key, stored=stored, scratch=scratch),
            [context.chain.chain_id, period.period_id],
        ).fetchall()
    return [row[0] for row in rows]
