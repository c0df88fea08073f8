"""Deals of the full history per client and provider, without reading the history (§3.16, §3.20).

For each block of source ids a row stores what it adds to a pair. Where the landing changed in a
block, its rows are recounted and the pair changes by the difference of the two, in one transaction;
a highest or lowest start that went away is looked up in the pair's blocks. No dbt model: several
statements update two tables in one transaction, and only the run knows which blocks they read.

Scope: the statements; not here: which table reads the totals, Dagster
(see ``client_provider_totals_asset``).
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from cdp_assets.filplus.dmob import changed_blocks
from cdp_assets.filplus.dmob.relations import DEALS
from cdp_assets.units import FILPLUS_START_HEIGHT
from resources.postgres.warehouse import analyze_outgrown

NO_CLIENT = -1  # the group of deals whose client is null
_LAST_HEIGHT = 2_147_483_647  # heights are 32 bit; larger ones mean "not started" in the source

_CHANGED = """
create temp table changed on commit drop as
select block from ops.landing_blocks where asset_key = %(deals)s and version > %(since)s
union all
select gone.block
from generate_series(
    0, (select max(b.block) from intermediate.client_provider_block b)
) gone (block)
where exists (select from intermediate.client_provider_block b where b.block = gone.block)
    and not exists (
        select from ops.landing_blocks l where l.asset_key = %(deals)s and l.block = gone.block
    )
"""

_FRESH = """
create temp table fresh on commit drop as
select t.block, d.*
from changed t
cross join lateral (
    select
        coalesce(r.client_id, %(no_client)s) as client_id,
        r.provider_id,
        count(*) as num_of_rows,
        count(*) filter (where r.sector_id <> '0') as num_of_deals,
        coalesce(sum(r.piece_size) filter (where r.sector_id <> '0'), 0) as total_deal_size,
        coalesce(sum(r.piece_size) filter (where r.term_start < %(start)s), 0) as size_before_start,
        max(r.term_start) filter (where r.sector_id <> '0' and r.term_start <= %(last)s)
            as last_deal_height,
        min(r.term_start) filter (where r.sector_id <> '0' and r.term_start <= %(last)s)
            as first_deal_height
    from raw_dmob.unified_verified_deal r
    where r.id >= t.block * %(block_ids)s and r.id < (t.block + 1) * %(block_ids)s
        and r.provider_id is not null
    group by 1, 2
) d
"""

# Highest and lowest starts of a pair in its changed blocks, before and now.
_MOVED = """
create temp table moved on commit drop as
select
    client_id, provider_id,
    sum(sign * num_of_rows) as num_of_rows,
    sum(sign * num_of_deals) as num_of_deals,
    sum(sign * total_deal_size) as total_deal_size,
    sum(sign * size_before_start) as size_before_start,
    max(last_deal_height) filter (where sign = 1) as last_now,
    max(last_deal_height) filter (where sign = -1) as last_before,
    min(first_deal_height) filter (where sign = 1) as first_now,
    min(first_deal_height) filter (where sign = -1) as first_before
from (
    select 1 as sign, f.* from fresh f
    union all
    select -1, b.* from intermediate.client_provider_block b
    where b.block in (select block from changed)
) parts
group by client_id, provider_id
"""

_REPLACE = """
delete from intermediate.client_provider_block where block in (select block from changed);
insert into intermediate.client_provider_block select * from fresh;
delete from moved
where num_of_rows = 0 and num_of_deals = 0 and total_deal_size = 0 and size_before_start = 0
    and last_now is not distinct from last_before and first_now is not distinct from first_before
"""

# A pair lost its highest or lowest start when that was in a changed block and is no longer there.
_APPLY = """
with joined as (
    select
        m.*, t.num_of_rows as rows_before, t.num_of_deals as deals_before,
        t.total_deal_size as size_before, t.size_before_start as old_size_before,
        t.last_deal_height, t.first_deal_height,
        coalesce(t.last_deal_height = m.last_before and coalesce(m.last_now < m.last_before, true)
            or t.first_deal_height = m.first_before
            and coalesce(m.first_now > m.first_before, true), false) as is_lost
    from moved m
    left join intermediate.client_provider_totals t
        on t.provider_id = m.provider_id and t.client_id = m.client_id
),

settled as (
    select
        j.client_id, j.provider_id,
        coalesce(j.rows_before, 0) + j.num_of_rows as num_of_rows,
        coalesce(j.deals_before, 0) + j.num_of_deals as num_of_deals,
        coalesce(j.size_before, 0) + j.total_deal_size as total_deal_size,
        coalesce(j.old_size_before, 0) + j.size_before_start as size_before_start,
        case when j.is_lost then found.last_deal_height
            else greatest(j.last_deal_height, j.last_now) end as last_deal_height,
        case when j.is_lost then found.first_deal_height
            else least(j.first_deal_height, j.first_now) end as first_deal_height
    from joined j
    left join lateral (
        select max(b.last_deal_height) as last_deal_height,
            min(b.first_deal_height) as first_deal_height
        from intermediate.client_provider_block b
        where b.client_id = j.client_id and b.provider_id = j.provider_id
    ) found on j.is_lost
),

emptied as (
    delete from intermediate.client_provider_totals t
    using settled s
    where s.num_of_rows = 0 and t.provider_id = s.provider_id and t.client_id = s.client_id
)

insert into intermediate.client_provider_totals as t
select client_id, provider_id, num_of_rows, num_of_deals, total_deal_size, size_before_start,
    last_deal_height, first_deal_height
from settled where num_of_rows > 0
order by provider_id, client_id
on conflict (provider_id, client_id) do update set
    num_of_rows = excluded.num_of_rows, num_of_deals = excluded.num_of_deals,
    total_deal_size = excluded.total_deal_size, size_before_start = excluded.size_before_start,
    last_deal_height = excluded.last_deal_height, first_deal_height = excluded.first_deal_height
"""


@dataclass(frozen=True)
class TotalsReport:
    """What one update did, and what there is now.

    Attributes:
        blocks: Recounted blocks.
        pairs_changed: Pairs that changed.
        pairs_written: Of these, pairs that have rows now; the others are gone.
        pairs: All pairs.
        rows_counted: Landed rows that the pairs are computed from.
        rows_landed: Landed rows.
        rows_placeable: Of these, rows with client, provider and start.
    """

    blocks: int
    pairs_written: int
    pairs_changed: int
    pairs: int
    rows_counted: int
    rows_landed: int
    rows_placeable: int


def update_totals(cursor: psycopg.Cursor, since: int) -> TotalsReport:
    """Bring the totals up to the landing, in the caller's transaction.

    Args:
        cursor: Of a warehouse transaction.
        since: Version of the landed deals that the totals were computed from; 0 counts every block.
    """
    values = {
        "deals": DEALS.asset_key,
        "since": since,
        "no_client": NO_CLIENT,
        "start": FILPLUS_START_HEIGHT,
        "last": _LAST_HEIGHT,
        "block_ids": changed_blocks.BLOCK_IDS,
    }
    blocks = cursor.execute(_CHANGED, values).rowcount
    written = 0
    if blocks:
        analyze_outgrown(cursor, "changed")
        cursor.execute(_FRESH, values)
        analyze_outgrown(cursor, "fresh")
        cursor.execute(_MOVED)
        analyze_outgrown(cursor, "moved")
        cursor.execute(_REPLACE)
        written = cursor.execute(_APPLY).rowcount
    return _report(cursor, blocks, written)


def _report(cursor: psycopg.Cursor, blocks: int, written: int) -> TotalsReport:
    changed = "select count(*) from moved" if blocks else "select 0"
    row = cursor.execute(
        f"select ({changed}), t.pairs, t.rows, l.rows, l.attributable from ("
        "select count(*) as pairs, coalesce(sum(num_of_rows), 0) as rows"
        " from intermediate.client_provider_totals) t cross join ("
        "select coalesce(sum(row_count), 0) as rows,"
        " coalesce(sum(row_count - unattributable_count), 0) as attributable"
        " from ops.landing_blocks where asset_key = %s) l",
        [DEALS.asset_key],
    ).fetchone()
    assert row is not None
    return TotalsReport(blocks, written, *(int(value) for value in row))
