"""Update the landing of DMOB to the source: only what changed, in one transaction.

What a tick costs follows the overlap, the sweep budget and the change, not the history. Small
relations are compared in full (spec README, "Late, changed and deleted source rows"). Scope: the
order of the steps, the source session, errors; not here: which ids are read
(``cdp_assets.filplus.dmob.changed_blocks``), writing them (``cdp_assets.filplus.dmob.merge``),
Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
from psycopg import sql

from cdp_assets.errors import InvalidSourceResponse, SourceUnavailable, TransientFailure
from cdp_assets.filplus.dmob.changed_blocks import Range, ranges_to_read, record_newest_id
from cdp_assets.filplus.dmob.merge import STAGE, create_stage, merge_stage
from cdp_assets.filplus.dmob.relations import RELATIONS, Relation
from cdp_assets.filplus.dmob.sync_report import RelationReport, SyncRequest
from cdp_assets.units import counted
from resources.postgres.database_reach import failure_words
from resources.postgres.postgres_copy import copy_rows

__all__ = ["Progress", "RelationReport", "SyncRequest", "open_source", "source_query", "sync"]

# Sorting and hashing of a first load spill beyond this; a server's own default may be 4 MB.
_WORK_MEM = "64MB"

Progress = Callable[[str], None]


def open_source(dsn: str, statement_timeout_seconds: int) -> psycopg.Connection:
    """Open the source: read-only, one snapshot for the whole sync, with its own time limit.

    Raises:
        SourceUnavailable: The source does not respond.
    """
    try:
        connection = psycopg.connect(
            dsn, autocommit=True, application_name="cdp landing", connect_timeout=10
        )
        connection.execute("set default_transaction_read_only = on")
        connection.execute(f"set statement_timeout = '{int(statement_timeout_seconds)}s'")
        connection.execute("set timezone = 'UTC'")
        connection.execute("set datestyle = 'ISO'")
    except psycopg.OperationalError as error:
        raise SourceUnavailable(
            f"the source database does not respond: {failure_words(dsn, error)}",
            key="DMOB_DATABASE_URL",
            hint="landed rows stay as they are; the next sync catches up by itself",
        ) from None
    connection.autocommit = False
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def sync(
    source: psycopg.Connection,
    warehouse: psycopg.Connection,
    request: SyncRequest,
    progress: Progress = lambda _: None,
    relations: Sequence[Relation] = RELATIONS,
) -> list[RelationReport]:
    """Land what changed in the given relations; all of them in one transaction of the warehouse.

    Raises:
        SourceUnavailable: The connection to the source broke; nothing was changed.
        TransientFailure: The warehouse did not take the rows; nothing was changed.
        InvalidSourceResponse: A relation or column is missing, or a view was never filled.
    """
    reports = []
    with warehouse.transaction(), source.transaction():
        warehouse.execute(f"set local work_mem = '{_WORK_MEM}'")
        for number, relation in enumerate(relations, 1):
            report = _sync_relation(source, warehouse, relation, request)
            progress(
                f"[{number}/{len(relations)}] {relation.asset_key}: "
                f"{counted(report.rows_staged, 'row')} read, "
                f"{report.rows_written:,} written, {report.rows_deleted:,} deleted, "
                f"{counted(report.hours_changed, 'hour')} changed"
            )
            reports.append(report)
    return reports


def _sync_relation(
    source: psycopg.Connection,
    warehouse: psycopg.Connection,
    relation: Relation,
    request: SyncRequest,
) -> RelationReport:
    report = RelationReport(relation.table)
    try:
        with warehouse.cursor() as cursor:
            ranges = ranges_to_read(source, cursor, relation, request, report)
            create_stage(cursor, relation)
            for span in ranges:
                copied = copy_rows(source, source_query(relation, span), warehouse, STAGE)
                report.rows_staged += copied.rows
                report.bytes_staged += copied.bytes
            merge_stage(cursor, relation, ranges, request, report)
            if relation.is_swept:
                record_newest_id(cursor, relation, request)
            report.version = request.run.publish(
                cursor,
                relation.asset_key,
                report.row_count,
                written=(report.rows_written, report.rows_deleted),
                is_changed=False,  # the merge raises the version with the rows
            ).version
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise InvalidSourceResponse(
            f"the source has another shape than agreed ({str(error).splitlines()[0]})",
            key=relation.asset_key,
            hint="compare it with the relation's declaration; landed rows stay as they are",
        ) from error
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise InvalidSourceResponse(
            f"the source's view was never filled ({str(error).splitlines()[0]})",
            key=relation.asset_key,
            hint="the source's owner has to refresh it",
        ) from error
    except psycopg.OperationalError as error:
        why = str(error).splitlines()[0]
        hint = "nothing was changed; the next sync starts over"
        if _is_source_well(source, warehouse):
            raise TransientFailure(
                f"the warehouse did not take the rows ({why})", key=relation.asset_key, hint=hint
            ) from error
        raise SourceUnavailable(
            f"the connection broke off while landing ({why})", key=relation.asset_key, hint=hint
        ) from error
    return report


def _is_source_well(source: psycopg.Connection, warehouse: psycopg.Connection) -> bool:
    """Return whether it was the warehouse that failed: a lock, its disk, a shutdown."""
    is_usable = source.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
    return is_usable or (warehouse.broken and not source.broken)


def source_query(relation: Relation, span: Range) -> sql.Composed:
    """Return the query of the rows of an id range, in the order of ids."""
    columns = sql.SQL(", ").join(sql.SQL(c.source) for c in relation.columns)
    query = sql.SQL("select {} from {}").format(columns, sql.Identifier(relation.table))
    if not relation.is_swept:
        return query
    low, high = span
    key = sql.SQL(relation.columns[0].source)
    query += sql.SQL(" where {} >= {}").format(key, sql.Literal(low))
    if high is not None:
        query += sql.SQL(" and {} < {}").format(key, sql.Literal(high))
    return query + sql.SQL(" order by {}").format(key)
