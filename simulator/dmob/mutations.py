"""Later changes of a source database: late rows, changed rows, deleted rows.

Scope: changes to deals that exist or belong to past hours; not here: the deals of a new hour
(``database.append_hour``), the other relations (``register_mutations``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from cdp_assets.units import height_to_time
from simulator.dmob.calibration import SENTINEL_TERM_START
from simulator.dmob.database import HOUR_HEIGHTS, require_scale, take_positions
from simulator.dmob.deals import Segment, insert_deals, row_id
from simulator.dmob.scale import DmobScale

_CHANGES = 7


@dataclass(frozen=True)
class Mutation:
    """What ``mutate`` did.

    Attributes:
        late: Ids of the new rows whose termStart is in past hours.
        changed: Ids of the rows with other values.
        deleted: Ids of the rows that are gone.
        hours: Every hour (UTC) of such a row, before or after the change; rows without a usable
            termStart have none.
    """

    late: tuple[int, ...]
    changed: tuple[int, ...]
    deleted: tuple[int, ...]
    hours: frozenset[datetime]


def mutate(
    connection: psycopg.Connection[Any],
    seed: int,
    *,
    late: int = 0,
    changed: int = 0,
    deleted: int = 0,
) -> Mutation:
    """Change a simulated database after it was read, in one transaction.

    Late rows get ids after all others and a termStart between the start and the end of the scale.
    Changed rows get, in turn, another size, piece, provider, client, hour or dealId, or a size of 0
    or none; ``updatedAt`` changes for half of them only: it is no watermark. The same seed changes
    the same rows.

    Raises:
        ValueError: The database is not a simulated one.
    """
    scale = require_scale(connection)
    heights: set[int] = set()
    with connection.transaction():
        gone = _delete(connection, seed, deleted, heights)
        other = _change(connection, scale, seed, changed, heights)
        first = take_positions(connection, late)
        if late:
            segment = Segment(
                first=first,
                count=late,
                height=scale.start_height,
                heights=scale.end_height - scale.start_height,
                earliest=scale.start_height,
                scattered=True,
                backfilled=scale.end_height,
            )
            insert_deals(connection, segment, seed, scale.seed)
        new = tuple(row_id(position) for position in range(first, first + late))
        rows = connection.execute(
            'select "termStart" from public.unified_verified_deal where "id" = any(%s)',
            (list(new),),
        )
        heights.update(int(row[0]) for row in rows)
    return Mutation(late=new, changed=other, deleted=gone, hours=_hours(heights))


# Ids drawn with replacement from the whole range: because of gaps and repeats more are drawn.
_PICKED = """
    select "id", "termStart" from (
        select distinct on ("id") "id", "termStart", place
        from public.unified_verified_deal
        join (
            select place, 1 + (hashint8extended(place, %(seed)s::bigint) & 9223372036854775807)
                %% (select max("id") from public.unified_verified_deal) as "id"
            from generate_series(1, %(drawn)s::bigint) as series(place)
        ) as draw using ("id")
        order by "id", place
    ) as found
    order by place
    limit %(wanted)s"""


def _delete(
    connection: psycopg.Connection[Any], seed: int, wanted: int, heights: set[int]
) -> tuple[int, ...]:
    rows = connection.execute(
        f"""
        with picked as ({_PICKED})
        delete from public.unified_verified_deal as deal using picked
        where deal."id" = picked."id"
        returning deal."id", deal."termStart"
        """,
        {"seed": seed * 2, "wanted": wanted, "drawn": 8 * wanted},
    ).fetchall()
    heights.update(int(row[1]) for row in rows if row[1] is not None)
    return tuple(sorted(int(row[0]) for row in rows))


def _change(
    connection: psycopg.Connection[Any],
    scale: DmobScale,
    seed: int,
    wanted: int,
    heights: set[int],
) -> tuple[int, ...]:
    """Give each picked row one other value; an hour changes by up to twenty days."""
    rows = connection.execute(
        f"""
        with picked as (
            select "id", "termStart" as before,
                hashint8extended("id", %(seed)s::bigint + 1) as h
            from ({_PICKED}) as drawn
        ), named as (
            select *, (h & 9223372036854775807) %% {_CHANGES} as change,
                'baga6ea4seaqm' || translate(lpad(to_hex(h), 16, '2'), '0189', 'ghij')
                    || repeat('a', 35) as piece,
                (h >> 8) & 1 = 1 as stamped
            from picked
        ), pair as (
            select named."id" as target, slot.client_id, slot.provider_id
            from named join simulation.slot on slot.slot = (named.h >> 16) & 1023
        )
        update public.unified_verified_deal as deal set
            "pieceSize" = case
                when change = 0 then deal."pieceSize" / 2
                when change = 6 and (h >> 9) & 1 = 0 then 0
                when change <> 6 then deal."pieceSize" end,
            "pieceCid" = case change when 1 then piece else "pieceCid" end,
            "providerId" = case change when 2 then pair.provider_id else "providerId" end,
            "clientId" = case change when 3 then pair.client_id else "clientId" end,
            "termStart" = case
                when change = 4 and coalesce(before, {SENTINEL_TERM_START}) = {SENTINEL_TERM_START}
                then %(end)s - 1 - ((h >> 32) & 16383)
                when change = 4
                then greatest(%(start)s, least(%(end)s - 1, before)
                    - {HOUR_HEIGHTS} - ((h >> 32) & 32767))
                else before end,
            "dealId" = case when change = 5 then case deal."dealId" when 0 then deal."id" else 0 end
                else "dealId" end,
            "updatedAt" = case when stamped then "updatedAt" + interval '1 day'
                else "updatedAt" end
        from named join pair on pair.target = named."id"
        where deal."id" = named."id"
        returning deal."id", before, deal."termStart"
        """,
        {
            "seed": seed * 2 + 1,
            "wanted": wanted,
            "drawn": 8 * wanted,
            "start": scale.start_height,
            "end": scale.end_height,
        },
    ).fetchall()
    for _, before, after in rows:
        heights.update(int(height) for height in (before, after) if height is not None)
    return tuple(sorted(int(row[0]) for row in rows))


def _hours(heights: Iterable[int]) -> frozenset[datetime]:
    """Return the hours of heights; the chain began on a full hour."""
    return frozenset(
        height_to_time(height - height % HOUR_HEIGHTS).astimezone(UTC)
        for height in heights
        if height != SENTINEL_TERM_START
    )
