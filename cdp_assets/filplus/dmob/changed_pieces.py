"""Which pieces of which clients a sync changed, for tables by piece.

Scope: recording them in the sync's transaction; not here: which rows changed
(``cdp_assets.filplus.dmob.merge``), recounting the pieces
(``cdp_assets.filplus.deals.piece_tables``).
"""

from __future__ import annotations

import psycopg

# The merge's temporary tables hold the changed keys and the new rows; the landing still holds the
# old ones. Rows without client or provider are in no table by piece.
_CHANGED = """
insert into raw_dmob.changed_pieces (version, client_id, piece_id)
select distinct %(version)s::bigint, client_id, coalesce(piece_id, 0)
from (
    select t.client_id, t.provider_id, t.piece_id
    from typed t join changed c on c.key = t.id
    union all
    select r.client_id, r.provider_id, r.piece_id
    from raw_dmob.unified_verified_deal r join changed c on c.key = r.id and c.is_known
) d
where client_id is not null and provider_id is not null
"""


def record_changed_pieces(cursor: psycopg.Cursor, version: int) -> None:
    """Record client and piece of every changed deal, before and after the change.

    Call it while the merge's ``typed`` and ``changed`` exist and before the landing is written.
    """
    cursor.execute(_CHANGED, {"version": version})


def record_every_piece(cursor: psycopg.Cursor, version: int) -> None:
    """Record that the landing was filled in full: one row, with a null client."""
    cursor.execute("delete from raw_dmob.changed_pieces")
    cursor.execute(
        "insert into raw_dmob.changed_pieces (version, client_id, piece_id) values (%s, null, 0)",
        [version],
    )
