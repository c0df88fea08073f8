"""Bring the landing of DMOB up to the source: only what changed, in one transaction.

New rows are found by id with an overlap; changed and deleted ones by comparing blocks of 65,536 ids
in rotation; small relations are compared in full (spec README, "Late, changed and deleted source
rows"). What a tick costs follows the overlap, the sweep budget and the change, not the history.
Belongs here: staging, comparing, merging, touched hours. Does not: Dagster, or what a column means
(``cdp_assets.filplus.dmob_relations``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import sql

from cdp_assets.errors import BadSourceAnswer, SourceUnavailable
from cdp_assets.filplus.dmob_relations import DEALS, RELATIONS, Relation
from resources.copy_pipe import copy_rows
from resources.publication import Publication, bump_version, input_versions, publish

BLOCK_IDS = 65_536  # ids per compared block (spec README)
OVERLAP_IDS = 8_192  # ids behind the newest that are read again: some two hours at the live rate,
# so that rows whose transaction committed late are seen at once and not only by the sweep
_SAMPLES = 5

Progress = Callable[[str], None]
Range = tuple[int, int | None]


@dataclass
class RelationReport:
    """What one sync did to one relation.

    Attributes:
        rows_staged: Rows that came through the pipe.
        bytes_staged: Their size as COPY text.
        rows_written: Landing rows inserted or replaced.
        rows_deleted: Landing rows that the source no longer has.
        hours_touched: Hours (start, UTC) recorded as changed.
        row_count: Rows of the landing afterwards.
        blocks_compared: Blocks of the sweep; ``blocks_total`` is what a cycle has.
        version: Version of the asset afterwards.
    """

    relation: str
    rows_staged: int = 0
    bytes_staged: int = 0
    rows_written: int = 0
    rows_deleted: int = 0
    hours_touched: int = 0
    row_count: int = 0
    blocks_compared: int = 0
    blocks_differing: int = 0
    blocks_total: int = 0
    version: int = 0
    unplaceable: int = 0
    unplaceable_samples: list[int] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Tell whether any landing row was written or deleted."""
        return self.rows_written > 0 or self.rows_deleted > 0


@dataclass(frozen=True)
class SyncRequest:
    """Parameters of one sync.

    Attributes:
        run_id: Who writes.
        as_of: The run's clock; source rows are read as they are, whatever their start.
        code_version: Version of this code, for the partition status.
        sweep_blocks: Budget of block comparisons; null compares every block.
        statement_timeout_seconds: Longest statement on the source.
    """

    run_id: str
    as_of: datetime
    code_version: str
    sweep_blocks: int | None
    statement_timeout_seconds: int = 600


def open_source(dsn: str, statement_timeout_seconds: int) -> psycopg.Connection:
    """Open the source: read-only, one snapshot for the whole sync, with its own time limit.

    Raises:
        SourceUnavailable: The source does not answer.
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
            f"the source database does not answer ({str(error).splitlines()[0]})",
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
        SourceUnavailable: The source broke off; nothing was changed.
        BadSourceAnswer: A relation or column is missing, or a view was never filled.
    """
    reports = []
    with warehouse.transaction(), source.transaction():
        for number, relation in enumerate(relations, 1):
            report = _sync_relation(source, warehouse, relation, request)
            progress(
                f"[{number}/{len(relations)}] {relation.asset_key}: {report.rows_staged:,} rows read, "
                f"{report.rows_written:,} written, {report.rows_deleted:,} deleted, "
                f"{report.hours_touched:,} hours touched"
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
            ranges = _ranges_to_read(source, cursor, relation, request, report)
            _create_stage(cursor, relation)
            for span in ranges:
                copied = copy_rows(
                    source, _source_query(relation, span), warehouse, sql.Identifier("stage")
                )
                report.rows_staged += copied.rows
                report.bytes_staged += copied.bytes
            _merge(cursor, relation, ranges, request, report)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise BadSourceAnswer(
            f"the source has another shape than agreed ({str(error).splitlines()[0]})",
            key=relation.asset_key,
            hint="compare it with the relation's declaration; landed rows stay as they are",
        ) from error
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise BadSourceAnswer(
            f"the source's view was never filled ({str(error).splitlines()[0]})",
            key=relation.asset_key,
            hint="the source's owner has to refresh it",
        ) from error
    except psycopg.OperationalError as error:
        raise SourceUnavailable(
            f"the connection broke off while landing ({str(error).splitlines()[0]})",
            key=relation.asset_key,
            hint="nothing was changed; the next sync starts over",
        ) from error
    return report


def _ranges_to_read(
    source: psycopg.Connection,
    cursor: psycopg.Cursor,
    relation: Relation,
    request: SyncRequest,
    report: RelationReport,
) -> list[Range]:
    """Return the id ranges to read: the newest ids, and blocks that differ."""
    if not relation.is_swept:
        return [(0, None)]
    cursor.execute(
        "select max_id, sweep_next_block from ops.landing_progress where asset_key = %s",
        [relation.asset_key],
    )
    known = cursor.fetchone()
    if known is None or known[0] is None:
        return [(0, None)]
    newest_from = max(0, known[0] + 1 - OVERLAP_IDS)
    ranges: list[Range] = [(newest_from, None)]
    report.blocks_total = newest_from // BLOCK_IDS + 1
    first, count = known[1] % report.blocks_total, report.blocks_total
    if request.sweep_blocks is not None:
        count = min(count, request.sweep_blocks)
    spans = _wrapped_spans(first, count, report.blocks_total)
    report.blocks_compared = count
    for low, high in spans:
        bounds = (low * BLOCK_IDS, min(high * BLOCK_IDS, newest_from))
        for block in _differing_blocks(source, cursor, relation, bounds):
            ranges.append((block * BLOCK_IDS, min((block + 1) * BLOCK_IDS, newest_from)))
            report.blocks_differing += 1
    cursor.execute(
        """
        update ops.landing_progress set
            sweep_next_block = %(next)s,
            sweep_cycle_finished_at =
                case when %(wrapped)s then %(at)s else sweep_cycle_finished_at end,
            sweep_cycle_started_at = case
                when %(wrapped)s then %(at)s else coalesce(sweep_cycle_started_at, %(at)s)
            end
        where asset_key = %(key)s
        """,
        {
            "next": (first + count) % report.blocks_total,
            "wrapped": first + count >= report.blocks_total,
            "at": request.as_of,
            "key": relation.asset_key,
        },
    )
    return ranges


def _wrapped_spans(first: int, count: int, total: int) -> list[tuple[int, int]]:
    """Return the block spans ``[low, high)`` of ``count`` blocks from ``first``, around the end."""
    if first + count <= total:
        return [(first, first + count)]
    return [(first, total), (0, first + count - total)]


def _differing_blocks(
    source: psycopg.Connection,
    cursor: psycopg.Cursor,
    relation: Relation,
    bounds: tuple[int, int],
) -> list[int]:
    """Return the blocks in ``[low, high)`` ids whose count or order-free hash differs."""
    columns = sql.SQL(", ").join(sql.SQL(c.source) for c in relation.columns)  # type: ignore[arg-type]
    there = source.execute(
        sql.SQL(
            "select {key} / {block}, count(*), sum(hashtextextended(row({columns})::text, 0)) "
            "from {table} where {key} >= %s and {key} < %s group by 1"
        ).format(
            key=sql.SQL(relation.columns[0].source),  # type: ignore[arg-type]
            block=sql.Literal(BLOCK_IDS),
            columns=columns,
            table=sql.Identifier(relation.table),
        ),
        bounds,
    )
    landed = sql.SQL(", ").join(sql.SQL(c.landed_expression) for c in relation.columns)  # type: ignore[arg-type]
    cursor.execute(
        sql.SQL(
            "select r.{key} / {block}, count(*), sum(hashtextextended(row({columns})::text, 0)) "
            "from raw_dmob.{table} r {more} where r.{key} >= %s and r.{key} < %s group by 1"
        ).format(
            key=sql.Identifier(relation.key),
            block=sql.Literal(BLOCK_IDS),
            columns=landed,
            table=sql.Identifier(relation.table),
            more=sql.SQL(relation.landed_from),  # type: ignore[arg-type]
        ),
        bounds,
    )
    ours = {row[0]: row[1:] for row in cursor}
    theirs = {row[0]: row[1:] for row in there}
    return sorted(b for b in ours.keys() | theirs.keys() if ours.get(b) != theirs.get(b))


def _source_query(relation: Relation, span: Range) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.SQL(c.source) for c in relation.columns)  # type: ignore[arg-type]
    query = sql.SQL("select {} from {}").format(columns, sql.Identifier(relation.table))
    if not relation.is_swept:
        return query
    low, high = span
    key = sql.SQL(relation.columns[0].source)  # type: ignore[arg-type]
    query += sql.SQL(" where {} >= {}").format(key, sql.Literal(low))
    if high is not None:
        query += sql.SQL(" and {} < {}").format(key, sql.Literal(high))
    return query + sql.SQL(" order by {}").format(key)


def _create_stage(cursor: psycopg.Cursor, relation: Relation) -> None:
    cursor.execute("drop table if exists pg_temp.stage, pg_temp.typed, pg_temp.changed")
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.stage_type))  # type: ignore[arg-type]
        for c in relation.columns
    )
    cursor.execute(sql.SQL("create temp table stage ({}) on commit drop").format(columns))


def _merge(
    cursor: psycopg.Cursor,
    relation: Relation,
    ranges: Sequence[Range],
    request: SyncRequest,
    report: RelationReport,
) -> None:
    """Make the landing equal to the stage inside the ranges read, and publish it."""
    cursor.execute("analyze stage")
    table = sql.Identifier("raw_dmob", relation.table)
    cursor.execute(sql.SQL("select not exists (select from {})").format(table))
    is_first_load = bool(_one(cursor))
    if relation is DEALS:
        _extend_piece_dictionary(cursor)
    if is_first_load:
        _load_all(cursor, relation, table, request, report)
    else:
        _write_differences(cursor, relation, table, ranges, request, report)
    if relation.is_swept:
        _note_progress(cursor, relation, request)
    if relation is DEALS:
        _count_deals(cursor, relation, report)
    else:
        cursor.execute(sql.SQL("select count(*) from {}").format(table))
        report.row_count = _one(cursor)
    report.version = publish(
        cursor,
        Publication(
            asset_key=relation.asset_key, partition_key="", window=None,
            row_count=report.row_count, input_versions={}, as_of=request.as_of, is_final=False,
            code_version=request.code_version, run_id=request.run_id, is_changed=False,
        ),
    )  # fmt: skip


def _extend_piece_dictionary(cursor: psycopg.Cursor) -> None:
    """Give every new piece an id; ordered by hash, so that the index grows by appending runs."""
    cursor.execute(
        """
        insert into raw_dmob.piece (piece_cid)
        select n.piece_cid
        from (select distinct piece_cid from stage where piece_cid is not null) n
        where not exists (
            select from raw_dmob.piece p
            where hashtextextended(p.piece_cid, 0) = hashtextextended(n.piece_cid, 0)
                and p.piece_cid = n.piece_cid
        )
        order by hashtextextended(n.piece_cid, 0), n.piece_cid
        """
    )
    if cursor.rowcount > BLOCK_IDS:
        cursor.execute("analyze raw_dmob.piece")


def _load_all(
    cursor: psycopg.Cursor,
    relation: Relation,
    table: sql.Identifier,
    request: SyncRequest,
    report: RelationReport,
) -> None:
    """Fill an empty landing; truncating it first lets a server with wal_level minimal skip the log."""
    cursor.execute("select exists (select from stage)")
    if not _one(cursor):
        return
    version = bump_version(cursor, relation.asset_key, request.run_id)
    cursor.execute(sql.SQL("truncate {}").format(table))
    cursor.execute(
        sql.SQL("insert into {} ({}, _sync_version) select t.*, {} from ({}) t").format(
            table,
            _identifiers(relation.targets),
            sql.Literal(version),
            sql.SQL(relation.typed_query),  # type: ignore[arg-type]
        )
    )
    report.rows_written = cursor.rowcount
    cursor.execute(sql.SQL("analyze {}").format(table))
    if relation is DEALS:
        cursor.execute(
            """
            insert into ops.touched_hours (asset_key, hour, version)
            select distinct %s, date_trunc('hour', started_at) at time zone 'UTC', %s::bigint
            from raw_dmob.unified_verified_deal where started_at is not null
            """,
            [relation.asset_key, version],
        )
        report.hours_touched = cursor.rowcount


def _write_differences(
    cursor: psycopg.Cursor,
    relation: Relation,
    table: sql.Identifier,
    ranges: Sequence[Range],
    request: SyncRequest,
    report: RelationReport,
) -> None:
    """Replace rows that differ, delete rows that are gone, and note the hours of both."""
    key, columns = sql.Identifier(relation.key), _identifiers(relation.targets)
    cursor.execute(
        sql.SQL("create temp table typed ({}) on commit drop").format(
            sql.SQL("like {} including defaults").format(table)
        )
    )
    cursor.execute("alter table typed drop column _sync_version")
    cursor.execute(
        sql.SQL("insert into typed ({}) {}").format(columns, sql.SQL(relation.typed_query))  # type: ignore[arg-type]
    )
    cursor.execute("analyze typed")
    inside = sql.SQL(" or ").join(_inside(relation, span) for span in ranges)
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
            key=key, table=table, inside=inside,
            mine=_identifiers(relation.targets, "t"), theirs=_identifiers(relation.targets, "r"),
        )
    )  # fmt: skip
    cursor.execute("select count(*) filter (where is_gone), count(*) from changed")
    gone, total = cursor.fetchone() or (0, 0)
    if not total:
        return
    version = bump_version(cursor, relation.asset_key, request.run_id)
    if relation is DEALS:
        report.hours_touched = _touch_hours(cursor, relation, version)
        _touch_blocks(cursor, relation)
    cursor.execute(
        sql.SQL(
            "delete from {table} r using changed c where r.{key} = c.key and c.is_known"
        ).format(table=table, key=key)
    )
    cursor.execute(
        sql.SQL(
            "insert into {table} ({columns}, _sync_version) "
            "select {mine}, {version} from typed t join changed c on c.key = t.{key} order by t.{key}"
        ).format(
            table=table, columns=columns, mine=_identifiers(relation.targets, "t"),
            version=sql.Literal(version), key=key,
        )
    )  # fmt: skip
    report.rows_written, report.rows_deleted = cursor.rowcount, gone


def _touch_hours(cursor: psycopg.Cursor, relation: Relation, version: int) -> int:
    """Note the hours in which changed rows start now or started before."""
    cursor.execute(
        """
        insert into ops.touched_hours as h (asset_key, hour, version)
        select distinct %s, date_trunc('hour', started_at) at time zone 'UTC', %s::bigint
        from (
            select t.started_at from typed t join changed c on c.key = t.id
            union all
            select r.started_at
            from raw_dmob.unified_verified_deal r join changed c on c.key = r.id and c.is_known
        ) starts
        where started_at is not null
        on conflict (asset_key, hour) do update set version = excluded.version
        """,
        [relation.asset_key, version],
    )
    return cursor.rowcount


def _touch_blocks(cursor: psycopg.Cursor, relation: Relation) -> None:
    """Forget the counts of blocks with a changed row; they are taken anew from the rows."""
    cursor.execute(
        "delete from ops.landing_blocks b using changed c where b.asset_key = %s and b.block = c.key / %s",
        [relation.asset_key, BLOCK_IDS],
    )
    cursor.execute(
        """
        insert into ops.landing_blocks (asset_key, block, row_count, unplaceable_count, sample_ids)
        select distinct %s, key / %s, -1, 0, array[]::bigint[] from changed
        """,
        [relation.asset_key, BLOCK_IDS],
    )


def _count_deals(cursor: psycopg.Cursor, relation: Relation, report: RelationReport) -> None:
    """Count rows and rows that no mart can place, block by block, then sum the blocks."""
    cursor.execute(
        "select exists (select from ops.landing_blocks where asset_key = %s)", [relation.asset_key]
    )
    pending = "b.row_count = -1" if _one(cursor) else "true"
    counts = """
        count(*) as row_count,
        count(*) filter (where client_id is null or provider_id is null or started_at is null)
            as unplaceable_count,
        coalesce((array_agg(r.id order by r.id) filter (
            where client_id is null or provider_id is null or started_at is null
        ))[1:%(samples)s], array[]::bigint[]) as sample_ids
    """
    if pending == "true":
        cursor.execute(
            f"""
            insert into ops.landing_blocks
            select %(key)s, r.id / %(block)s, {counts}
            from raw_dmob.unified_verified_deal r group by 2
            """,
            {"key": relation.asset_key, "block": BLOCK_IDS, "samples": _SAMPLES},
        )
    else:
        cursor.execute(
            f"""
            update ops.landing_blocks u set
                row_count = n.row_count, unplaceable_count = n.unplaceable_count,
                sample_ids = n.sample_ids
            from ops.landing_blocks b
            cross join lateral (
                select {counts} from raw_dmob.unified_verified_deal r
                where r.id >= b.block * %(block)s and r.id < (b.block + 1) * %(block)s
            ) n
            where {pending} and b.asset_key = %(key)s
                and u.asset_key = b.asset_key and u.block = b.block
            """,
            {"key": relation.asset_key, "block": BLOCK_IDS, "samples": _SAMPLES},
        )
    cursor.execute(
        """
        select coalesce(sum(row_count), 0)::bigint, coalesce(sum(unplaceable_count), 0)::bigint
        from ops.landing_blocks where asset_key = %s
        """,
        [relation.asset_key],
    )
    report.row_count, report.unplaceable = cursor.fetchone() or (0, 0)
    cursor.execute(
        """
        select id from ops.landing_blocks, unnest(sample_ids) id
        where asset_key = %s order by id limit %s
        """,
        [relation.asset_key, _SAMPLES],
    )
    report.unplaceable_samples = [row[0] for row in cursor]


def _note_progress(cursor: psycopg.Cursor, relation: Relation, request: SyncRequest) -> None:
    cursor.execute(
        sql.SQL(
            """
            insert into ops.landing_progress as p (asset_key, max_id, synced_at)
            select %s, max(id), %s from {}
            on conflict (asset_key) do update set
                max_id = excluded.max_id, synced_at = excluded.synced_at
            """
        ).format(sql.Identifier("raw_dmob", relation.table)),
        [relation.asset_key, request.as_of],
    )


def _inside(relation: Relation, span: Range) -> sql.Composable:
    if not relation.is_swept:
        return sql.SQL("true")
    low, high = span
    condition = sql.SQL("r.id >= {}").format(sql.Literal(low))
    if high is not None:
        condition = sql.SQL("({} and r.id < {})").format(condition, sql.Literal(high))
    return condition


def _identifiers(names: Sequence[str], alias: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names
    )


def _one(cursor: psycopg.Cursor) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
