"""Replicas, shared pieces, clients by provider: what the landing changed (§3.4, §3.12, §3.13).

``intermediate.client_piece`` has a row per client and piece. The changed ones are recounted from
the weekly piece table; each published table is updated by the difference of their old and new
rows, in one transaction. Without a state to start from everything is computed from scratch, to the
same rows. No dbt model: four tables are updated from one set of changed pieces, by statements that
share temporary tables.

Scope: the statements; not here: whether the weeks are ready (``piece_tables_guard``), Dagster
(``piece_tables_asset``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from resources.postgres.warehouse import analyze_outgrown

_KEYS = {
    "filplus.client_provider_distribution": ("client", "provider"),
    "filplus.client_replica_distribution": ("client", "num_of_replicas"),
    "filplus.cid_sharing": ("client", "other_client"),
}

_CHANGED = """
create temp table changed on commit drop as
select client_id, piece_id from raw_dmob.changed_pieces
union
select client_id, coalesce(piece_id, 0)
from raw_dmob.unified_verified_deal
where started_at > %(since)s and started_at <= %(as_of)s
    and client_id is not null and provider_id is not null
"""

# Both look-ups use a key, whatever number of changed pieces the planner assumes.
_MOVED = """
create temp table moved on commit drop as
select
    t.piece_id, t.client_id,
    o.num_of_replicas as old_replicas, o.total_deal_size as old_total,
    o.largest_piece_size as old_largest,
    n.num_of_replicas as new_replicas, n.total_deal_size as new_total,
    n.largest_piece_size as new_largest
from changed t
left join lateral (
    select c.num_of_replicas, c.total_deal_size, c.largest_piece_size
    from intermediate.client_piece c
    where c.piece_id = t.piece_id and c.client_id = t.client_id
    offset 0
) o on true
left join lateral (
    select
        count(distinct p.provider_id)::integer as num_of_replicas,
        sum(p.total_deal_size)::bigint as total_deal_size,
        max(p.largest_piece_size) as largest_piece_size
    from intermediate.client_provider_piece_weekly p
    where p.client_id = t.client_id and p.piece_id = t.piece_id and p.week <= %(week)s
    having count(*) > 0
) n on true
where row(o.num_of_replicas, o.total_deal_size, o.largest_piece_size)
    is distinct from row(n.num_of_replicas, n.total_deal_size, n.largest_piece_size)
"""

_SHARED = """
create temp table shared (client_id bigint, other_id bigint, bytes bigint, pieces bigint)
on commit drop
"""

# What the changed rows and the others of their pieces add to each other, in both directions: run
# before and after the rows are replaced. Of two changed clients each adds its own direction.
_SHARE = """
insert into shared
select d.client_id, d.other_id, %(sign)s * d.bytes, %(sign)s
from (
    select piece_id, client_id, case when %(sign)s < 0 then old_total else new_total end as bytes
    from moved where piece_id <> 0
) x
cross join lateral (
    select c.client_id, c.total_deal_size as bytes
    from intermediate.client_piece c
    where c.piece_id = x.piece_id and c.client_id <> x.client_id
    offset 0
) b
left join moved m on m.piece_id = x.piece_id and m.client_id = b.client_id
cross join lateral (
    values (x.client_id, b.client_id, b.bytes), (b.client_id, x.client_id, x.bytes)
) d (client_id, other_id, bytes)
where x.bytes is not null and (d.client_id = x.client_id or m.client_id is null)
"""

_REPLACE_PIECES = (
    """
delete from intermediate.client_piece c
using moved m
where m.old_replicas is not null and c.piece_id = m.piece_id and c.client_id = m.client_id
""",
    """
insert into intermediate.client_piece
select piece_id, client_id, new_replicas, new_total, new_largest
from moved where new_replicas is not null
order by piece_id, client_id
""",
)

_MOVE_REPLICAS = """
create temp table replica_rows on commit drop as
select
    client_id, num_of_replicas, sum(total_deal_size) as total_deal_size,
    sum(unique_data_size) as unique_data_size
from (
    select client_id, old_replicas as num_of_replicas, -old_total as total_deal_size,
        -old_largest as unique_data_size
    from moved where old_replicas is not null
    union all
    select client_id, new_replicas, new_total, new_largest
    from moved where new_replicas is not null
) d
group by client_id, num_of_replicas;

insert into filplus.client_replica_distribution as r
select 'f0' || client_id, num_of_replicas, total_deal_size::bigint, unique_data_size::bigint
from replica_rows
order by client_id, num_of_replicas
on conflict (client, num_of_replicas) do update set
    total_deal_size = r.total_deal_size + excluded.total_deal_size,
    unique_data_size = r.unique_data_size + excluded.unique_data_size;

delete from filplus.client_replica_distribution r
using replica_rows d
where r.client = 'f0' || d.client_id and r.num_of_replicas = d.num_of_replicas
    and r.total_deal_size = 0
    and not exists (
        select from intermediate.client_piece c
        where c.client_id = d.client_id and c.num_of_replicas = d.num_of_replicas
            and c.total_deal_size = 0
    )
"""

_MOVE_SHARING = """
create temp table sharing_rows on commit drop as
select client_id, other_id, sum(bytes) as bytes, sum(pieces) as pieces
from shared
group by client_id, other_id
having sum(bytes) <> 0 or sum(pieces) <> 0;

insert into filplus.cid_sharing as s
select 'f0' || client_id, 'f0' || other_id, bytes::bigint, pieces::integer
from sharing_rows
order by client_id, other_id
on conflict (client, other_client) do update set
    total_deal_size = s.total_deal_size + excluded.total_deal_size,
    unique_cid_count = s.unique_cid_count + excluded.unique_cid_count;

delete from filplus.cid_sharing s
using sharing_rows d
where s.client = 'f0' || d.client_id and s.other_client = 'f0' || d.other_id
    and s.unique_cid_count = 0
"""

_ALL_PIECES = """
insert into intermediate.client_piece
select
    piece_id, client_id, count(distinct provider_id), sum(total_deal_size)::bigint,
    max(largest_piece_size)
from intermediate.client_provider_piece_weekly
where week <= %(week)s
group by piece_id, client_id
order by piece_id, client_id
"""

_ALL_REPLICAS = """
select
    'f0' || client_id as client, num_of_replicas, sum(total_deal_size)::bigint as total_deal_size,
    sum(largest_piece_size)::bigint as unique_data_size
from intermediate.client_piece
group by client_id, num_of_replicas
"""

# Few pieces have more than one client; only these are joined.
_ALL_SHARING = """
with counted as (
    select piece_id, client_id, total_deal_size, count(*) over (partition by piece_id) as clients
    from intermediate.client_piece
    where piece_id <> 0
),

several as materialized (
    select piece_id, client_id, total_deal_size from counted where clients > 1
)

select
    'f0' || a.client_id as client, 'f0' || b.client_id as other_client,
    sum(b.total_deal_size)::bigint as total_deal_size, count(*)::integer as unique_cid_count
from several a
inner join several b on b.piece_id = a.piece_id and b.client_id <> a.client_id
group by a.client_id, b.client_id
"""

_DISTRIBUTION = """
select t.client, t.provider, t.total_deal_size, t.unique_data_size, c.claims_count
from filplus.client_provider_distribution_weekly_acc t
left join (
    select 'f0' || client_id as client, 'f0' || provider_id as provider,
        num_of_claims as claims_count
    from intermediate.client_provider_claims_weekly_acc
    where week = %(week)s
) c using (client, provider)
where t.week = %(week)s
"""


@dataclass(frozen=True)
class SnapshotPoint:
    """What the tables will contain: weeks up to ``week``, deals that started up to ``as_of``.

    Attributes:
        week: Monday 00:00 of the running week, naive UTC as tables have it.
        as_of: Clock of that week's pieces, naive UTC.
        since: Clock of the rows that the tables have now; null: everything is recomputed.
    """

    week: datetime
    as_of: datetime
    since: datetime | None


@dataclass(frozen=True)
class RowChanges:
    """Rows written and deleted of one table."""

    written: int
    deleted: int

    @property
    def is_changed(self) -> bool:
        """Return whether the table has other rows than before."""
        return self.written + self.deleted > 0


@dataclass(frozen=True)
class UpdateResult:
    """What one update did.

    Attributes:
        is_rebuilt: Everything was computed from scratch.
        changed: Recounted clients and pieces.
        tables: By name with schema.
    """

    is_rebuilt: bool
    changed: int
    tables: dict[str, RowChanges]


def update(cursor: psycopg.Cursor, moment: SnapshotPoint) -> UpdateResult:
    """Bring the tables up to the weeks, in the caller's transaction, and clear the changed pieces.

    The transaction must be repeatable read: what a sync records meanwhile stays for the next run.
    """
    is_rebuilt = moment.since is None or _is_filled_anew(cursor)
    changed, tables = (_rebuild if is_rebuilt else _move)(cursor, moment)
    tables["filplus.client_provider_distribution"] = _replace(
        cursor, "filplus.client_provider_distribution", _DISTRIBUTION, moment
    )
    cursor.execute("delete from raw_dmob.changed_pieces")
    return UpdateResult(is_rebuilt, changed, tables)


def _is_filled_anew(cursor: psycopg.Cursor) -> bool:
    cursor.execute("select 1 from raw_dmob.changed_pieces where client_id is null limit 1")
    return cursor.fetchone() is not None


def _move(cursor: psycopg.Cursor, moment: SnapshotPoint) -> tuple[int, dict[str, RowChanges]]:
    """Recount the changed pieces and update the tables by the difference."""
    values = {"week": moment.week, "since": moment.since, "as_of": moment.as_of}
    changed = cursor.execute(_CHANGED, values).rowcount
    analyze_outgrown(cursor, "changed")
    cursor.execute(_MOVED, values)
    analyze_outgrown(cursor, "moved")
    cursor.execute(_SHARED)
    cursor.execute(_SHARE, {"sign": -1})
    deleted, written = (cursor.execute(step).rowcount for step in _REPLACE_PIECES)
    cursor.execute(_SHARE, {"sign": 1})
    return changed, {
        "intermediate.client_piece": RowChanges(written, deleted),
        "filplus.client_replica_distribution": _apply(cursor, _MOVE_REPLICAS),
        "filplus.cid_sharing": _apply(cursor, _MOVE_SHARING),
    }


def _apply(cursor: psycopg.Cursor, script: str) -> RowChanges:
    """Run the steps of a script: what differs, rows written, rows deleted."""
    differences, upsert, delete = script.split(";\n")
    cursor.execute(differences)
    analyze_outgrown(cursor, differences.split()[3])
    written = cursor.execute(upsert).rowcount
    return RowChanges(written, cursor.execute(delete).rowcount)


def _rebuild(cursor: psycopg.Cursor, moment: SnapshotPoint) -> tuple[int, dict[str, RowChanges]]:
    """Compute everything from the weekly piece table."""
    cursor.execute("truncate intermediate.client_piece")
    pieces = cursor.execute(_ALL_PIECES, {"week": moment.week}).rowcount
    analyze_outgrown(cursor, "intermediate.client_piece")
    return pieces, {
        "intermediate.client_piece": RowChanges(pieces, 0),
        **{
            table: _replace(cursor, table, query, moment)
            for table, query in (
                ("filplus.client_replica_distribution", _ALL_REPLICAS),
                ("filplus.cid_sharing", _ALL_SHARING),
            )
        },
    }


def _replace(cursor: psycopg.Cursor, table: str, query: str, moment: SnapshotPoint) -> RowChanges:
    """Make a table equal to a query: rows that are gone or differ are replaced, others stay."""
    key = _KEYS[table]
    same_key = " and ".join(f"f.{name} = t.{name}" for name in key)
    cursor.execute("drop table if exists pg_temp.fresh_rows")
    cursor.execute(f"create temp table fresh_rows on commit drop as {query}", {"week": moment.week})
    analyze_outgrown(cursor, "fresh_rows")
    deleted = cursor.execute(
        f"delete from {table} t where not exists (select from fresh_rows f where {same_key} "
        "and f is not distinct from t)"
    ).rowcount
    written = cursor.execute(
        f"insert into {table} select f.* from fresh_rows f where not exists "
        f"(select from {table} t where {same_key}) order by {', '.join(key)}"
    ).rowcount
    return RowChanges(written, deleted)
