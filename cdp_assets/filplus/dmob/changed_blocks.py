"""Which ids of a source relation have to be read: the newest, and blocks that differ.

New rows are found by id with an overlap; changed and deleted ones by comparing blocks of 65,536 ids
in rotation, by row count and an order-free hash (spec README, "Late, changed and deleted source
rows"). A block costs some 0.06 s of CPU on either side: the default budget of 16 blocks adds 2 s to
a sync and passes 25 million ids in 24 hourly syncs, 96 blocks add 11 s and pass 150 million
(``CDP_DMOB_SWEEP_BLOCKS``; a check warns when the budget is too small). Scope: ranges of ids, the
rotation, the comparison; not here: writing rows (``cdp_assets.filplus.dmob.merge``).
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from cdp_assets.filplus.dmob.relations import Relation
from cdp_assets.filplus.dmob.sync_report import RelationReport, SyncRequest

BLOCK_IDS = 65_536  # ids per compared block (spec README)
OVERLAP_IDS = 8_192  # ids behind the newest that are read again: some two hours at the live rate,
# so that rows whose transaction committed late are seen at once and not only by the sweep
_BLOCKS_PER_STATEMENT = 64  # some 4 s on the source, far from its time limit

Range = tuple[int, int | None]


def ranges_to_read(
    source: psycopg.Connection,
    cursor: psycopg.Cursor,
    relation: Relation,
    request: SyncRequest,
    report: RelationReport,
) -> list[Range]:
    """Return the half-open id ranges to read, and advance the rotation; null is no upper end.

    An empty landing is read in full, whatever earlier syncs recorded: it may have been truncated
    for exactly that.
    """
    if not relation.is_swept or is_empty(cursor, relation):
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
    report.blocks_compared = count
    for low, high in _wrapped_spans(first, count, report.blocks_total):
        bounds = (low * BLOCK_IDS, min(high * BLOCK_IDS, newest_from))
        for block in _differing_blocks(source, cursor, relation, bounds):
            ranges.append((block * BLOCK_IDS, min((block + 1) * BLOCK_IDS, newest_from)))
            report.blocks_differing += 1
    _advance_rotation(cursor, relation, request, first + count, report.blocks_total)
    return ranges


def is_empty(cursor: psycopg.Cursor, relation: Relation) -> bool:
    """Return whether the landing has no row."""
    cursor.execute(
        sql.SQL("select not exists (select from {})").format(
            sql.Identifier("raw_dmob", relation.table)
        )
    )
    row = cursor.fetchone()
    return row is not None and bool(row[0])


def record_newest_id(cursor: psycopg.Cursor, relation: Relation, request: SyncRequest) -> None:
    """Record the highest landed id: the next sync reads from there, less the overlap."""
    cursor.execute(
        sql.SQL(
            """
            insert into ops.landing_progress as p (asset_key, max_id, synced_at)
            select %s, max({}), %s from {}
            on conflict (asset_key) do update set
                max_id = excluded.max_id, synced_at = excluded.synced_at
            """
        ).format(sql.Identifier(relation.key), sql.Identifier("raw_dmob", relation.table)),
        [relation.asset_key, request.run.as_of],
    )


def _advance_rotation(
    cursor: psycopg.Cursor, relation: Relation, request: SyncRequest, reached: int, total: int
) -> None:
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
            "next": reached % total,
            "wrapped": reached >= total,
            "at": request.run.as_of,
            "key": relation.asset_key,
        },
    )


def _wrapped_spans(first: int, count: int, total: int) -> Iterator[tuple[int, int]]:
    """Yield the spans ``[low, high)`` of ``count`` blocks from ``first``, around the end."""
    low = first
    while count > 0:
        high = min(low + count, low + _BLOCKS_PER_STATEMENT, total)
        yield low, high
        count -= high - low
        low = high % total


def _differing_blocks(
    source: psycopg.Connection,
    cursor: psycopg.Cursor,
    relation: Relation,
    bounds: tuple[int, int],
) -> list[int]:
    """Return the blocks in ``[low, high)`` ids whose count or order-free hash differs.

    Hashing the record itself takes a third of the time of hashing its text. A record's hash treats
    equal integers of any width alike, and equal numerics of any scale.
    """
    theirs = source.execute(
        _fingerprints(
            sql.Identifier(relation.table),
            sql.SQL(relation.columns[0].source),
            [c.compared_expression for c in relation.columns],
        ),
        bounds,
    ).fetchall()
    cursor.execute(
        _fingerprints(
            sql.SQL("{} r").format(sql.Identifier("raw_dmob", relation.table)),
            sql.Identifier("r", relation.key),
            [c.landed_expression for c in relation.columns],
        ),
        bounds,
    )
    there, here = {row[0]: row[1:] for row in theirs}, {row[0]: row[1:] for row in cursor}
    return sorted(b for b in there.keys() | here.keys() if there.get(b) != here.get(b))


def _fingerprints(
    relation: sql.Composable, key: sql.Composable, expressions: list[str]
) -> sql.Composed:
    return sql.SQL(
        "select {key} / {block}, count(*), sum(hash_record_extended(row({columns}), 0)) "
        "from {relation} where {key} >= %s and {key} < %s group by 1"
    ).format(
        key=key,
        block=sql.Literal(BLOCK_IDS),
        columns=sql.SQL(", ").join(sql.SQL(e) for e in expressions),
        relation=relation,
    )
