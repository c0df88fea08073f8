"""Merge the stage into the landing: write what differs, record the hours that it changes.

Scope: stage to landing within one relation; not here: which ids are staged
(``cdp_assets.filplus.dmob.changed_blocks``), what a column means
(``cdp_assets.filplus.dmob.relations``).
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from cdp_assets.filplus.dmob.block_counts import (
    count_changed_blocks,
    count_every_block,
    report_counts,
)
from cdp_assets.filplus.dmob.changed_blocks import Range, is_empty
from cdp_assets.filplus.dmob.changed_pieces import record_changed_pieces, record_every_piece
from cdp_assets.filplus.dmob.piece_dictionary import extend_dictionary
from cdp_assets.filplus.dmob.relations import DEALS, Relation
from cdp_assets.filplus.dmob.sync_report import RelationReport, SyncRequest
from resources.postgres.ops_status import bump_version
from resources.postgres.warehouse import analyze_outgrown

STAGE = sql.Identifier("stage")


def create_stage(cursor: psycopg.Cursor, relation: Relation) -> None:
    """Create the empty temporary table that the pipe fills; it ends with the transaction."""
    cursor.execute("drop table if exists pg_temp.stage, pg_temp.typed, pg_temp.changed")
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.stage_type))
        for c in relation.columns
    )
    cursor.execute(sql.SQL("create temp table stage ({}) on commit drop").format(columns))


def merge_stage(
    cursor: psycopg.Cursor,
    relation: Relation,
    ranges: Sequence[Range],
    request: SyncRequest,
    report: RelationReport,
) -> None:
    """Merge the stage into the landing inside the ranges read, and count the landing."""
    table = sql.Identifier("raw_dmob", relation.table)
    is_full_load = is_empty(cursor, relation)
    if relation is DEALS:
        analyze_outgrown(cursor, "stage")
        extend_dictionary(cursor)
    if is_full_load:
        _load_all(cursor, relation, table, request, report)
    else:
        _write_differences(cursor, relation, table, ranges, request, report)
    if relation.is_swept:
        report_counts(cursor, relation, report)
    else:
        cursor.execute(
            sql.SQL(
                "select count(*), count(*) filter (where {broken}), coalesce("
                "(array_agg({key} order by {key}) filter (where {broken}))[1:5], '{{}}') "
                "from {table}"
            ).format(
                broken=sql.SQL(relation.unattributable),
                key=sql.Identifier(relation.key),
                table=table,
            )
        )
        counts = cursor.fetchone()
        assert counts is not None
        report.row_count, report.unattributable, report.unattributable_samples = counts


def _load_all(
    cursor: psycopg.Cursor,
    relation: Relation,
    table: sql.Identifier,
    request: SyncRequest,
    report: RelationReport,
) -> None:
    """Fill an empty landing; truncating it first lets a server with wal_level minimal skip the log.

    The stage is in the order of ids, and so is the landing: the BRIN index on time depends on it.
    After a truncate, every hour that ever had a row may have lost one.
    """
    cursor.execute(
        "select exists (select from stage), exists ("
        "select from ops.asset_partition_status where asset_key = %s and row_count > 0)",
        [relation.asset_key],
    )
    has_rows, had_rows = cursor.fetchone() or (False, False)
    if not (has_rows or had_rows):
        return
    version = bump_version(cursor, relation.asset_key, request.run.run_id)
    cursor.execute(sql.SQL("truncate {}").format(table))
    cursor.execute(
        sql.SQL("insert into {} ({}, _sync_version) select t.*, {} from ({}) t").format(
            table,
            _identifiers(relation.targets),
            sql.Literal(version),
            sql.SQL(relation.typed_query),
        )
    )
    report.rows_written = cursor.rowcount
    analyze_outgrown(cursor, f"raw_dmob.{relation.table}")
    if relation.instant:
        every = sql.SQL("select {} as instant, false as is_removed from {}").format(
            sql.SQL(relation.instant), table
        )
        if had_rows:
            every += sql.SQL(
                " union all select hour at time zone 'UTC', true from ops.changed_hours "
                "where asset_key = {}"
            ).format(sql.Literal(relation.asset_key))
        report.hours_changed = _record_changed_hours(cursor, relation, version, every)
    if relation.is_swept:
        count_every_block(cursor, relation)
    if relation is DEALS:
        record_every_piece(cursor, version)


def _write_differences(
    cursor: psycopg.Cursor,
    relation: Relation,
    table: sql.Identifier,
    ranges: Sequence[Range],
    request: SyncRequest,
    report: RelationReport,
) -> None:
    """Replace rows that differ, delete rows that are gone, and record the hours of both."""
    gone, total = _find_differences(cursor, relation, table, ranges)
    if not total:
        return
    key, columns = sql.Identifier(relation.key), _identifiers(relation.targets)
    version = bump_version(cursor, relation.asset_key, request.run.run_id)
    if relation.instant:
        report.hours_changed = _record_changed_hours(
            cursor, relation, version, _changed_instants(relation, table)
        )
    if relation is DEALS:
        record_changed_pieces(cursor, version)
    cursor.execute(
        sql.SQL(
            "delete from {table} r using changed c where r.{key} = c.key and c.is_known"
        ).format(table=table, key=key)
    )
    removed = cursor.rowcount
    cursor.execute(
        sql.SQL(
            "insert into {table} ({columns}, _sync_version) "
            "select {mine}, {version} from typed t join changed c on c.key = t.{key} "
            "order by t.{key}"
        ).format(
            table=table,
            columns=columns,
            mine=_identifiers(relation.targets, "t"),
            version=sql.Literal(version),
            key=key,
        )
    )
    report.rows_written, report.rows_deleted = cursor.rowcount, gone
    report.rows_replaced = removed - gone
    if relation.is_swept:
        count_changed_blocks(cursor, relation)


def _find_differences(
    cursor: psycopg.Cursor, relation: Relation, table: sql.Identifier, ranges: Sequence[Range]
) -> tuple[int, int]:
    """Fill ``typed`` from the stage and ``changed`` with differing keys; return gone and all."""
    key, columns = sql.Identifier(relation.key), _identifiers(relation.targets)
    cursor.execute(sql.SQL("create temp table typed (like {}) on commit drop").format(table))
    cursor.execute("alter table typed drop column _sync_version")
    cursor.execute(
        sql.SQL("insert into typed ({}) {}").format(columns, sql.SQL(relation.typed_query))
    )
    analyze_outgrown(cursor, "typed")
    cursor.execute(
        sql.SQL(
            """
            create temp table changed on commit drop as
            select coalesce(t.{key}, r.{key}) as key, t.{key} is null as is_gone,
                r.{key} is not null as is_known
            from typed t
            full join (select * from {table} r where {inside}) r on r.{key} = t.{key}
            where t.{key} is null or r.{key} is null
                or row({mine}) is distinct from row({theirs})
            """
        ).format(
            key=key,
            table=table,
            inside=sql.SQL(" or ").join(_inside(relation, span) for span in ranges),
            mine=_identifiers(relation.targets, "t"),
            theirs=_identifiers(relation.targets, "r"),
        )
    )
    analyze_outgrown(cursor, "changed")
    cursor.execute("select count(*) filter (where is_gone), count(*) from changed")
    gone, total = cursor.fetchone() or (0, 0)
    return gone, total


def _changed_instants(relation: Relation, table: sql.Identifier) -> sql.Composed:
    """Return a query of the instants of changed rows, as they are now and as they were before."""
    return sql.SQL(
        """
        select {instant} as instant, false as is_removed
        from typed t join changed c on c.key = t.{key}
        union all
        select {instant}, true from {table} r join changed c on c.key = r.{key} and c.is_known
        """
    ).format(instant=sql.SQL(relation.instant), key=sql.Identifier(relation.key), table=table)


def _record_changed_hours(
    cursor: psycopg.Cursor, relation: Relation, version: int, instants: sql.Composed
) -> int:
    """Record the hours of the instants, and which of them lost or changed a row."""
    cursor.execute(
        sql.SQL(
            """
            insert into ops.changed_hours as h (asset_key, hour, version, removed_version)
            select
                {key}, date_trunc('hour', instant) at time zone 'UTC', {version}::bigint,
                case when bool_or(is_removed) then {version} else 0 end
            from ({instants}) i where instant is not null
            group by 2
            on conflict (asset_key, hour) do update set
                version = excluded.version,
                removed_version = greatest(h.removed_version, excluded.removed_version)
            """
        ).format(
            key=sql.Literal(relation.asset_key), version=sql.Literal(version), instants=instants
        )
    )
    return cursor.rowcount


def _inside(relation: Relation, span: Range) -> sql.Composable:
    if not relation.is_swept:
        return sql.SQL("true")
    low, high = span
    key = sql.Identifier("r", relation.key)
    condition: sql.Composable = sql.SQL("{} >= {}").format(key, sql.Literal(low))
    if high is not None:
        condition = sql.SQL("({} and {} < {})").format(condition, key, sql.Literal(high))
    return condition


def _identifiers(names: Sequence[str], alias: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names
    )
