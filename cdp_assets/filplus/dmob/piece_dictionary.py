"""The exact dictionary of piece CIDs: one integer per text, found without a join.

A piece's id is a 63-bit hash of its CID (its natural id), so rows are typed and blocks compared
without looking anything up. It stays exact: where a natural id is taken by another CID, the later
CID gets a negative id, and those few are looked up by text. Scope: ids of pieces; not here: the
rows that use them (``cdp_assets.filplus.dmob.relations``).
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from cdp_assets.errors import BadConfiguration
from resources.postgres.warehouse import analyze_outgrown

# The shift preserves the hash's signed order, so that ids and the index by hash grow in the same
# order. No piece has the id zero: in the tables that read it, it means "no CID".
_NATURAL_ID = "((hashtextextended({cid}, 0) >> 1) + 4611686018427387904)"

_NEW_PIECES = """
insert into raw_dmob.piece (piece_id, piece_cid)
overriding system value
select
    case
        when {is_free} and natural_id <> 0 and natural_id is distinct from previous_id
            then natural_id
        else - nextval(pg_get_serial_sequence('raw_dmob.piece', 'piece_id'))
    end,
    piece_cid
from (
    select
        natural_id, piece_cid,
        lag(natural_id) over (order by natural_id, piece_cid) as previous_id
    from (
        select distinct {natural_id} as natural_id, piece_cid
        from stage s
        where s.piece_cid is not null{and_changed}
    ) staged
    {where_unknown}
) n
order by natural_id, piece_cid
"""
# Most staged rows are the overlap, landed before with the same piece: their CIDs are known. Looking
# up ids reads only the newest pages; looking up hashes reads one page per CID.
# A row that changes from one CID to another of the same natural id is missed, as by the sweep.
_CHANGED = """
            and not exists (
                select from raw_dmob.unified_verified_deal r
                where r.id = s.id and r.piece_id = {natural_id}
            )"""
_UNKNOWN = """
    where not exists (
        select from raw_dmob.piece p
        where hashtextextended(p.piece_cid, 0) = hashtextextended(staged.piece_cid, 0)
            and p.piece_cid = staged.piece_cid
    )
"""
_FREE = "not exists (select from raw_dmob.piece p where p.piece_id = n.natural_id)"


def natural_id(cid: str) -> str:
    """Return the SQL expression of the natural id of a CID, 0 to 2^63 - 1; null for a null CID."""
    return _NATURAL_ID.format(cid=cid)


def extend_dictionary(cursor: psycopg.Cursor) -> None:
    """Give an id to every CID of the stage that has none.

    Sorted by hash, so that both indexes grow by appending runs: 5 s against 8 s for 1.5 million
    new pieces. An empty dictionary is truncated first; the server may then skip the log.

    Raises:
        BadConfiguration: The dictionary's ids are not those that this server computes.
    """
    is_filled = _is_filled(cursor)
    if not is_filled:
        cursor.execute("truncate raw_dmob.piece")
    cursor.execute(
        sql.SQL(_NEW_PIECES).format(
            is_free=sql.SQL(_FREE if is_filled else "true"),
            natural_id=sql.SQL(natural_id("s.piece_cid")),
            and_changed=sql.SQL(
                _CHANGED.format(natural_id=natural_id("s.piece_cid")) if is_filled else ""
            ),
            where_unknown=sql.SQL(_UNKNOWN if is_filled else ""),
        )
    )
    analyze_outgrown(cursor, "raw_dmob.piece")


def _is_filled(cursor: psycopg.Cursor) -> bool:
    """Return whether the dictionary has entries; recompute one of them as a test."""
    cursor.execute(
        sql.SQL(
            "select piece_id = {} from raw_dmob.piece where piece_id >= 0 order by piece_id limit 1"
        ).format(sql.SQL(natural_id("piece_cid")))
    )
    row = cursor.fetchone()
    if row is not None and not row[0]:
        raise BadConfiguration(
            "the dictionary of pieces was filled by another rule or on another kind of machine",
            key="raw_dmob.piece",
            hint="truncate raw_dmob.piece and raw_dmob.unified_verified_deal, then `cdp refresh`",
        )
    return row is not None
