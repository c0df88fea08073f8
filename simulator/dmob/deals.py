"""The statement that writes deal rows: one position of the history in, one row out.

Scope: `unified_verified_deal` and what is derived from it row by row; not here: which client stores
with which provider (``pairs``), the registers (``allocators``, ``clients``).

A row is a pure function of (position, seed, slot table): positions are drawn with an integer hash,
up to eight neighbours share a pair (one message onboards several pieces), and the slot of a batch
is a permutation, so a pair's deals can be numbered by arithmetic, without a sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from simulator.dmob.calibration import (
    CLAIM_TERM_MIN_EPOCHS,
    CURRENT_TYPES,
    EARLIER_TYPES,
    EARLY_INSERT_SHARE,
    PIECE_SIZES,
    REMOVED_DIRECT_SHARE,
    REMOVED_SHARE,
    SENTINEL_SHARE,
    SENTINEL_TERM_START,
    RowType,
)
from simulator.dmob.pairs import SHARES

LATE_SHARE = 0.03  # own estimate: rows that the source inserts after other rows of later hours
_LATE_HEIGHTS = 30 * 2_880  # at most 30 days back
_EARLY_HEIGHTS = 3 * 2_880  # at most 3 days ahead, so some starts are after the end
_ODD_1, _ODD_2 = 0x9E3779B1, 0x85EBCA6B  # odd: multiplication permutes the residues of 2^n
_RARE = 13  # of 65,536: one row in 5,000 has a null client, provider or piece


# Bits that decide each property of a row; two that can meet in one type use different ones.
_DRAWS = {
    "direct": "h2 >> 32",
    "no_claim": "h2 >> 32",
    "sector_zero": "h3 >> 4",
    "sector_null_text": "h3 >> 8",
    "slashed": "h3 >> 20",
}


@dataclass(frozen=True)
class Segment:
    """A run of positions whose times follow one rule.

    Attributes:
        first: First position (from 1).
        count: Number of positions.
        height: Height of the first position.
        heights: Length of the run in heights; positions are spread evenly over it.
        earliest: No termStart before this height.
        earlier_edition: Whether the rows have the types of earlier editions.
        scattered: Whether times are drawn from the run instead of following the position.
        wandering: Whether some rows are late, some early and the others half an hour off.
        unattributable: Whether rows without a usable termStart are among them.
        odd_rows: Whether rows with a null id or piece and pieces of two sizes are among them.
        created: Rows are never created after this height; null = an hour after their position.
        backfilled: Rows at positions before this height are created by a back-fill then.
    """

    first: int
    count: int
    height: int
    heights: int
    earliest: int
    earlier_edition: bool = False
    scattered: bool = False
    wandering: bool = False
    unattributable: bool = False
    odd_rows: bool = False
    created: int | None = None
    backfilled: int | None = None


def insert_deals(
    connection: psycopg.Connection[Any], segment: Segment, row_seed: int, piece_seed: int
) -> int:
    """Write the rows of a segment in ascending id order and return their number.

    Ids have gaps as in the source: one in seventeen is not used.
    """
    connection.execute("set local enable_mergejoin = off")
    connection.execute("set local enable_nestloop = off")
    connection.execute("set local work_mem = '64MB'")
    parameters = {
        "first": segment.first,
        "count": segment.count,
        "height": segment.height,
        "heights": segment.heights,
        "earliest": segment.earliest,
        "seed": row_seed,
        "pieces": piece_seed,
        "created": segment.created,
        "backfill": segment.backfilled,
    }
    found = connection.execute("select bits, batch_bits from simulation.draw").fetchone()
    assert found is not None
    return connection.execute(deal_statement(segment, *found), parameters).rowcount


def batch_bits(deals: int, slots: int) -> int:
    """Return the exponent of the batch: 8 deals, fewer where some slot would get no deal."""
    return max(0, min(3, (deals // slots).bit_length() - 1))


def row_id(position: int) -> int:
    """Return the id of the row at a position."""
    return position + (position >> 4)


def deal_statement(segment: Segment, bits: int, batch_bits: int) -> str:
    """Return the insert for a segment, with 2^bits slots and 2^batch_bits deals of a pair in a row.

    The hash join keeps the order of its probe side, so only few rows (fewer than the slots, which
    are then the probe side) need a sort into id order.
    """
    last = segment.first + segment.count - 1
    types = EARLIER_TYPES if segment.earlier_edition else CURRENT_TYPES
    span = "%(heights)s::bigint"
    slashed = _by_type(types, "slashed")
    offset = f"(i - %(first)s::bigint) * {span} / %(count)s::bigint"
    if segment.scattered:
        offset = f"(h1 & 9223372036854775807) %% {span}"
    # `offset 0` prevents the planner from copying each expression into every place that uses it.
    backfill = ""
    if segment.backfilled is not None:
        backfill = "when base < %(backfill)s::bigint then " + _time(
            "%(backfill)s::bigint + 2 * ((i >> 12) & 7)"
        )
    # `offset 0` prevents the planner from copying each expression into every place that uses it.
    return f"""
insert into public.unified_verified_deal (
    "id", "dealId", "claimId", "type", "clientId", "providerId", "sectorId", "pieceCid",
    "pieceSize", "termMax", "termMin", "termStart", "slashedEpoch", "createdAt", "updatedAt")
select
    (i + (i >> 4))::int,
    case when {_by_type(types, "direct")} then 0 else (60000000 + i)::int end,
    case when {_by_type(types, "no_claim")} then 0 else (80000000 + i)::int end,
    {_type_name(types)},
    case when {_rare(segment, 0)} then null else client_id end,
    case when {_rare(segment, 1)} then null else provider_id end,
    case
        when k = 0 or {_by_type(types, "sector_null_text")} then 'null'
        when k = 1 or {_by_type(types, "sector_zero")} then '0'
        else ((h3 >> 32) & 131071)::text
    end,
    case when {_rare(segment, 2)} then null else {_PIECE_CID} end,
    (case when {_rare(segment, 3)} then {_piece_size()} / 2 else {_piece_size()} end)::numeric,
    (case when is_deal then start + 1512000 + (h3 & 65535) else 5256000 end)::numeric,
    (case when is_deal then null else {_term_min()} end)::numeric,
    (case k when 0 then null when 1 then {SENTINEL_TERM_START}::bigint else start end)::numeric,
    (case when {slashed} then start + 1 + (h3 >> 40 & 65535) else 0 end)::numeric,
    created_at,
    created_at
from (
    select *,
        k = 1 or (k = 2 and {_is_type(types, "deal")}) as is_deal,
        case {backfill} when true then {_created_at(segment)} end as created_at,
        {_piece_hash(1)} as p1,
        {_piece_hash(2)} as p2,
        {_piece_hash(3)} as p3,
        {_piece_hash(4)} & 65535 as u
    from (
        select i, h1, h2, h3, base, client_id, provider_id,
            {_kind(segment)} as k,
            ((h2 >> 16) & 65535)::int as t,
            {_start(segment)} as start,
            {_piece(batch_bits)} as piece
        from (
            select i, h1, (i >> {batch_bits + bits}) as block,
                %(height)s::bigint + {offset} as base,
                hashint8extended(i, %(seed)s::bigint + 2) as h2,
                hashint8extended(i, %(seed)s::bigint + 3) as h3,
                (((x # (x >> {bits // 2})) * {_ODD_2}) & {(1 << bits) - 1})::int as slot
            from (
                select i,
                    hashint8extended(i, %(seed)s::bigint + 1) as h1,
                    ((i >> {batch_bits}) * {_ODD_1}
                        # hashint8extended(i >> {batch_bits + bits}, %(pieces)s::bigint)
                    ) & {(1 << bits) - 1} as x
                from generate_series({segment.first}::bigint, {last}::bigint) as series(i)
                offset 0
            ) as mixed
            offset 0
        ) as drawn
        join simulation.slot using (slot)
        offset 0
    ) as placed
    offset 0
) as deal
{"order by 1" if segment.count < 2 << bits else ""}"""


# A nibble that would print as 0, 1, 8 or 9 gets its second bit set: hexadecimal digits are then
# base32 digits. The top bit is set, so that to_hex always gives 16 of them.
_NOT_BASE32, _TOP_BIT = 0x2222222222222222, "-9223372036854775808"


def _base32(number: str) -> str:
    return f"to_hex({number} | ((~{number} >> 1) & {_NOT_BASE32}) | {_TOP_BIT})"


# 12 fixed characters, 192 hashed bits as base32 digits, 4 closing ones: decodes like a real one.
_PIECE_CID = f"'baga6ea4seaq' || {_base32('p1')} || {_base32('p2')} || {_base32('p3')} || 'aaaq'"


def _piece(batch_bits: int) -> str:
    """Return a deal's piece number: it counts up in the pair; a duplicate has an earlier one."""
    place = f"(i & {(1 << batch_bits) - 1})"
    return f"""case when ((h3 >> 16) & 65535) < shared then partner_base else piece_base end
                + greatest(0, ((block * width + rank) << {batch_bits}) + {place}
                    - case when (h3 & 65535) < duplicated then 1 + ((h3 >> 48) & 7) else 0 end)"""


def _piece_hash(number: int) -> str:
    """Hash a piece number; the function folds 64 bits to 32, so the upper ones go to its seed."""
    upper = f"(piece >> 32) + {number << 48} + (%(pieces)s::bigint << 34)"
    return f"hashint8extended(piece & 4294967295, {upper})"


def _kind(segment: Segment) -> str:
    """Return the kind of a row: 0 removed allocation, 1 deal that never started, 2 attributable."""
    if not segment.unattributable:
        return "2"
    removed = round(REMOVED_SHARE * SHARES)
    sentinel = removed + round(SENTINEL_SHARE * SHARES)
    draw = "(h2 & 65535)"
    return f"case when {draw} < {removed} then 0 when {draw} < {sentinel} then 1 else 2 end"


def _start(segment: Segment) -> str:
    if not segment.wandering:
        return "greatest(%(earliest)s::bigint, base)"
    late = round(LATE_SHARE * SHARES)
    early = late + round(EARLY_INSERT_SHARE * SHARES)
    draw, far = "(h1 & 65535)", "((h1 >> 16) & 65535)"
    back = f"(1 + ({far} * {far} >> 16) * {_LATE_HEIGHTS} / 65536)"
    return f"""greatest(%(earliest)s::bigint, base + case
                when {draw} < {late} and base - {back} >= %(earliest)s::bigint then -{back}
                when {draw} < {early} then 130 + ({far} * {far} >> 16) * {_EARLY_HEIGHTS} / 65536
                else ({far} %% 120) - 60 end)"""


def _created_at(segment: Segment) -> str:
    """Return when the source inserted the row: an hour after its position, with microseconds."""
    later = _time("base + 120") + " + ((h1 >> 32) & 16777215) * interval '1 microsecond'"
    return later if segment.created is None else f"least({later}, {_time('%(created)s::bigint')})"


def _time(height: str) -> str:
    return f"timestamp '2020-08-24 22:00:00' + ({height}) * interval '30 seconds'"


def _thresholds(types: Sequence[RowType]) -> list[tuple[RowType, int]]:
    """Return each type with the end of its range of the 16-bit draw ``t``."""
    total = sum(kind.rows for kind in types)
    ends: list[tuple[RowType, int]] = []
    seen = 0
    for kind in types:
        seen += kind.rows
        ends.append((kind, SHARES * seen // total))
    return ends


def _type_name(types: Sequence[RowType]) -> str:
    *heads, (last, _) = _thresholds(types)
    branches = " ".join(f"when t < {end} then '{kind.name}'" for kind, end in heads)
    return (
        f"case when k = 0 then 'allocationRemoved' when k = 1 then 'deal' {branches} "
        f"else '{last.name}' end"
    )


def _is_type(types: Sequence[RowType], name: str) -> str:
    low = 0
    for kind, end in _thresholds(types):
        if kind.name == name:
            return f"(t >= {low} and t < {end})"
        low = end
    raise ValueError(f"no type {name}")


def _by_type(types: Sequence[RowType], field: str) -> str:
    """Return whether a row has a property, by the share of its type in the real rows."""
    draw = f"(({_DRAWS[field]}) & 65535)"
    removed = round(REMOVED_DIRECT_SHARE * SHARES) if field == "direct" else 0
    sentinel = SHARES if field == "no_claim" else 0
    low = 0
    branches = [f"when k = 0 then {draw} < {removed}", f"when k = 1 then {draw} < {sentinel}"]
    for kind, end in _thresholds(types):
        share = SHARES * int(getattr(kind, field)) // kind.rows
        if share:
            branches.append(f"when t >= {low} and t < {end} then {draw} < {share}")
        low = end
    return f"(case {' '.join(branches)} else false end)"


def _term_min() -> str:
    branches = " ".join(
        f"when {place} then {epochs}" for place, epochs in enumerate(CLAIM_TERM_MIN_EPOCHS)
    )
    return f"case (h3 >> 60) & 3 {branches} end"


def _piece_size() -> str:
    """Return the size of a piece from its number: a piece has one size everywhere."""
    branches = []
    seen = 0
    for size, count in PIECE_SIZES[:-1]:
        seen += count
        branches.append(f"when u < {SHARES * seen // 1_000} then {size}::bigint")
    return f"case {' '.join(branches)} else {PIECE_SIZES[-1][0]} end"


def _rare(segment: Segment, place: int) -> str:
    if not segment.odd_rows:
        return "false"
    return f"(h2 >> 48) & 65535 between {_RARE * place} and {_RARE * (place + 1) - 1}"
