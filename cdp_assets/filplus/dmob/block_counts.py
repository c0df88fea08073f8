"""How many rows a swept landing table has, and which of them no table can hold.

Counted per block of ids, and recounted from the rows whenever one of the block changes, so that
totals need no scan of the full landing. Scope: ``ops.landing_blocks``; not here: what makes a row
unattributable (``cdp_assets.filplus.dmob.relations``).
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from cdp_assets.filplus.dmob.changed_blocks import BLOCK_IDS
from cdp_assets.filplus.dmob.relations import Relation
from cdp_assets.filplus.dmob.sync_report import RelationReport

_SAMPLES = 5

_EVERY_BLOCK = """
    select generate_series(min({key}) / {block_ids}, max({key}) / {block_ids}) from {table}
"""
_CHANGED_BLOCKS = "select distinct key / {block_ids} from changed"

_COUNT = """
insert into ops.landing_blocks (
    asset_key, block, row_count, unattributable_count, sample_ids, version
)
select
    {asset_key}, b.block, n.row_count, n.unattributable_count,
    array(
        select r.{key} from {table} r
        where n.unattributable_count > 0 and r.{key} >= b.block * {block_ids}
            and r.{key} < (b.block + 1) * {block_ids} and ({unattributable})
        order by r.{key} limit {samples}
    ),
    (select v.version from ops.asset_version v where v.asset_key = {asset_key})
from ({blocks}) b (block)
cross join lateral (
    select count(*) as row_count, count(*) filter (where {unattributable}) as unattributable_count
    from {table} r
    where r.{key} >= b.block * {block_ids} and r.{key} < (b.block + 1) * {block_ids}
) n
where n.row_count > 0
"""


def count_every_block(cursor: psycopg.Cursor, relation: Relation) -> None:
    """Count the full landing."""
    cursor.execute("delete from ops.landing_blocks where asset_key = %s", [relation.asset_key])
    cursor.execute(_count(relation, _EVERY_BLOCK))


def count_changed_blocks(cursor: psycopg.Cursor, relation: Relation) -> None:
    """Count the blocks of the keys in the temporary table ``changed``."""
    cursor.execute(
        "delete from ops.landing_blocks b using changed c "
        "where b.asset_key = %s and b.block = c.key / %s",
        [relation.asset_key, BLOCK_IDS],
    )
    cursor.execute(_count(relation, _CHANGED_BLOCKS))


def report_counts(cursor: psycopg.Cursor, relation: Relation, report: RelationReport) -> None:
    """Put the totals over all blocks, and the first unattributable ids, into the report."""
    cursor.execute(
        """
        select coalesce(sum(row_count), 0)::bigint, coalesce(sum(unattributable_count), 0)::bigint
        from ops.landing_blocks where asset_key = %s
        """,
        [relation.asset_key],
    )
    report.row_count, report.unattributable = cursor.fetchone() or (0, 0)
    cursor.execute(
        """
        select id from ops.landing_blocks, unnest(sample_ids) id
        where asset_key = %s order by id limit %s
        """,
        [relation.asset_key, _SAMPLES],
    )
    report.unattributable_samples = [row[0] for row in cursor]


def _count(relation: Relation, blocks: str) -> sql.Composed:
    names = {
        "key": sql.Identifier(relation.key),
        "table": sql.Identifier("raw_dmob", relation.table),
        "block_ids": sql.Literal(BLOCK_IDS),
    }
    return sql.SQL(_COUNT).format(
        **names,
        asset_key=sql.Literal(relation.asset_key),
        unattributable=sql.SQL(relation.unattributable),
        samples=sql.Literal(_SAMPLES),
        blocks=sql.SQL(blocks).format(**names),
    )
