"""A source database of any size: eight relations, calibrated, with the dirt of the real ones.

Scope: the order of the load and what the database remembers of it (schema ``simulation``); not
here: single rows (``deals``, ``allocators``, ``clients``), later changes (``mutations``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from cdp_assets.units import FILPLUS_START_HEIGHT, time_to_height
from simulator.dmob.allocators import insert_allocators
from simulator.dmob.clients import insert_clients
from simulator.dmob.deals import Segment, batch_bits, insert_deals, row_id
from simulator.dmob.pairs import Pair, build_pairs, client_id, provider_id
from simulator.dmob.scale import DmobScale

__all__ = ["DmobScale", "Progress", "append_hour", "create_dmob", "dmob_scale", "require_scale"]

Progress = Callable[[str, int, int], None]

HOUR_HEIGHTS = 120
_EARLIER_EDITION_SHARE = 50  # one deal in fifty starts before the current edition
_EARLIER_HEIGHTS = 2 * 365 * 2_880
_CHUNK = 500_000
_KEY = "unified_verified_deal_pkey"
_RELATIONS = (
    "unified_verified_deal",
    "unique_providers",
    "dc_allocation_claim",
    "verifier",
    "verifier_allowance",
    "verified_client",
    "verified_client_allowance",
    "client_contract",
)


def create_dmob(
    connection: psycopg.Connection[Any], scale: DmobScale, progress: Progress | None = None
) -> None:
    """Create and fill the eight relations in schema ``public``, in one transaction.

    The tables of an earlier call are replaced. The same scale gives the same rows.

    Args:
        connection: A connection that may create schemas; its open transaction, if any, is used.
        scale: Sizes, period and seed.
        progress: Called with (stage, done, total) after each step.

    Raises:
        ValueError: The database has these relations from another origin.
    """
    report = progress or _silent
    ddl, indexes = _schema()
    with connection.transaction():
        _clear(connection)
        connection.execute("set local search_path = public")
        connection.execute("set local maintenance_work_mem = '256MB'")
        connection.execute(ddl)
        pairs = build_pairs(scale.seed, scale.clients, scale.providers, scale.pairs)
        _remember(connection, scale, pairs)
        report("pairs", len(pairs), len(pairs))
        # The key's index is built after the rows, like the others: a fifth less time.
        connection.execute(f"alter table unified_verified_deal drop constraint {_KEY}")
        _fill_deals(connection, scale, report)
        connection.execute(
            f"alter table unified_verified_deal add constraint {_KEY} primary key (id)"
        )
        _fill_claims(connection, after=0)
        grants = insert_clients(connection, scale, pairs)
        insert_allocators(connection, scale, grants)
        report("registers", 1, 1)
        steps = [line for line in indexes.split(";") if line.strip()]
        for done, statement in enumerate(steps, start=1):
            connection.execute(statement)
            report("indexes", done, len(steps))
        connection.execute("refresh materialized view unique_providers")
        for relation in _RELATIONS:
            connection.execute(f"analyze {relation}")
        report("ready", scale.deals, scale.deals)


def dmob_scale(connection: psycopg.Connection[Any]) -> DmobScale | None:
    """Return the scale of a simulated database, or null for any other database."""
    if not _exists(connection, "simulation.scale"):
        return None
    columns = ", ".join(f'"{name}"' for name in DmobScale.__dataclass_fields__)
    with connection.cursor(row_factory=class_row(DmobScale)) as cursor:
        found = cursor.execute(f"select {columns} from simulation.scale").fetchone()
    if found is None:
        return None
    values = asdict(found)
    values["start"] = found.start.astimezone(UTC)
    values["end"] = found.end.astimezone(UTC)
    return DmobScale(**values)


def append_hour(
    connection: psycopg.Connection[Any], hour: datetime, deals: int, seed: int
) -> list[int]:
    """Add the deals of one more hour and return their ids, which continue the existing ones.

    All of them start within [hour, hour + 1 h), except for the usual few without a usable start.
    Providers and pairs are those of the database.

    Raises:
        ValueError: The database is not a simulated one.
    """
    scale = require_scale(connection)
    with connection.transaction():
        first = take_positions(connection, deals)
        segment = Segment(
            first=first,
            count=deals,
            height=time_to_height(hour),
            heights=HOUR_HEIGHTS,
            earliest=time_to_height(hour),
            unattributable=scale.dirt,
            created=time_to_height(hour) + HOUR_HEIGHTS,
        )
        insert_deals(connection, segment, seed, scale.seed)
        _fill_claims(connection, after=row_id(first) - 1)
    return [row_id(position) for position in range(first, first + deals)]


def require_scale(connection: psycopg.Connection[Any]) -> DmobScale:
    """Return the scale of a simulated database.

    Raises:
        ValueError: The database is not a simulated one.
    """
    scale = dmob_scale(connection)
    if scale is None:
        raise ValueError("this database was not created by simulator.dmob.database.create_dmob")
    return scale


def appended_deals(connection: psycopg.Connection[Any]) -> int:
    """Return how many deals came after those of the scale, deleted ones too."""
    row = connection.execute(
        "select next_position - 1 - (select deals from simulation.scale) from simulation.draw"
    ).fetchone()
    assert row is not None
    return int(row[0])


def take_positions(connection: psycopg.Connection[Any], count: int) -> int:
    """Reserve positions at the end of the history and return the first one."""
    row = connection.execute(
        "update simulation.draw set next_position = next_position + %s returning next_position",
        (count,),
    ).fetchone()
    assert row is not None
    first = int(row[0]) - count
    connection.execute(
        "select setval(pg_get_serial_sequence('public.unified_verified_deal', 'id'), %s)",
        (max(1, row_id(first + count - 1)),),
    )
    return first


def _schema() -> tuple[str, str]:
    text = Path(__file__).with_name("dmob_schema.sql").read_text(encoding="utf-8")
    before, after = text.split("-- after the load\n")
    return before, after


def _exists(connection: psycopg.Connection[Any], relation: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (relation,)).fetchone()
    return bool(row and row[0])


def _clear(connection: psycopg.Connection[Any]) -> None:
    """Drop the tables of an earlier call; relations of another origin stay."""
    if not _exists(connection, "simulation.scale"):
        others = [name for name in _RELATIONS if _exists(connection, f"public.{name}")]
        if others:
            raise ValueError(
                f"the database already holds {', '.join(others)}, not created by the simulator; "
                "give an empty database"
            )
    connection.execute("drop schema if exists simulation cascade")
    connection.execute("drop materialized view if exists public.unique_providers")
    for relation in _RELATIONS:
        if relation != "unique_providers":
            connection.execute(f"drop table if exists public.{relation}")


def _remember(connection: psycopg.Connection[Any], scale: DmobScale, pairs: list[Pair]) -> None:
    """Store the scale and the slot table, from which later hours continue."""
    slots = sum(pair.slots for pair in pairs)
    connection.execute("""
        create schema if not exists public;
        create schema simulation;
        create table simulation.scale (
            deals bigint, clients int, providers int, allocators int,
            "start" timestamptz, "end" timestamptz, seed bigint, pairs int, dirt boolean);
        create table simulation.draw (bits int, batch_bits int, next_position bigint);
        create table simulation.pair (
            client_id varchar, provider_id varchar, width int, first_slot int,
            piece_base bigint, partner_base bigint, shared int, duplicated int);
        """)
    columns = asdict(scale)
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join(f"%({name})s" for name in columns)
    connection.execute(f"insert into simulation.scale ({names}) values ({marks})", columns)
    connection.execute(
        "insert into simulation.draw values (%s, %s, %s)",
        (slots.bit_length() - 1, batch_bits(_in_period(scale), slots), scale.deals + 1),
    )
    with connection.cursor().copy("copy simulation.pair from stdin") as copy:
        for pair in pairs:
            copy.write_row(
                (
                    str(client_id(pair.client)),
                    str(provider_id(pair.provider)),
                    pair.slots,
                    pair.first_slot,
                    pair.piece_base,
                    pair.partner_base,
                    pair.shared,
                    pair.duplicated,
                )
            )
    connection.execute("""
        create table simulation.slot as
        select first_slot + rank as slot, rank, pair.*
        from simulation.pair, generate_series(0, width - 1) as series(rank)
        order by first_slot, rank;
        analyze simulation.slot;
        """)


def _fill_deals(connection: psycopg.Connection[Any], scale: DmobScale, report: Progress) -> None:
    """Write the history: first a few deals of earlier editions, then the period, evenly."""
    start, end = scale.start_height, scale.end_height
    earlier = scale.deals - _in_period(scale)
    border = min(start, FILPLUS_START_HEIGHT)
    backfill = start + (end - start) // 4 if scale.dirt else None
    done = 0
    for first, count in _chunks(1, earlier):
        segment = Segment(
            first=first,
            count=count,
            height=border - _EARLIER_HEIGHTS + (first - 1) * _EARLIER_HEIGHTS // earlier,
            heights=max(1, count * _EARLIER_HEIGHTS // earlier),
            earliest=border - _EARLIER_HEIGHTS,
            earlier_edition=True,
            created=end,
            backfilled=backfill,
        )
        done += insert_deals(connection, segment, scale.seed, scale.seed)
        report("deals", done, scale.deals)
    rest = _in_period(scale)
    for first, count in _chunks(earlier + 1, rest):
        before = first - earlier - 1
        height = start + before * (end - start) // rest
        segment = Segment(
            first=first,
            count=count,
            height=height,
            heights=start + (before + count) * (end - start) // rest - height,
            earliest=start,
            wandering=True,
            unattributable=scale.dirt,
            odd_rows=scale.dirt,
            created=end,
            backfilled=backfill,
        )
        done += insert_deals(connection, segment, scale.seed, scale.seed)
        report("deals", done, scale.deals)
    connection.execute(
        "select setval(pg_get_serial_sequence('unified_verified_deal', 'id'), %s)",
        (row_id(scale.deals),),
    )


def _in_period(scale: DmobScale) -> int:
    return scale.deals - scale.deals // _EARLIER_EDITION_SHARE


def _chunks(first: int, count: int) -> list[tuple[int, int]]:
    return [(first + done, min(_CHUNK, count - done)) for done in range(0, count, _CHUNK)]


def _fill_claims(connection: psycopg.Connection[Any], after: int) -> None:
    """Write allocation and claim events: a sample of the deals, and one of each client's."""
    connection.execute(
        """
        insert into public.dc_allocation_claim (
            "id", "type", "clientId", "providerId", "sectorId", "removed", "pieceCid", "pieceSize",
            "termMax", "termMin", "termStart", "expiration", "createdAt", "updatedAt", "dealId")
        select
            "id", case when "id" / 64 %% 3 = 0 then 'allocation' else 'claim' end, "clientId",
            "providerId", "sectorId", "removed", "pieceCid", "pieceSize", "termMax"::int,
            "termMin"::int, nullif("termStart", 4294967295)::int,
            nullif("termStart", 4294967295)::int + 172800, "createdAt", "updatedAt", "dealId"
        from public.unified_verified_deal
        where "id" > %(after)s
            and ("id" %% 64 = 0 or %(after)s = 0 and "id" in (
                select min("id") from public.unified_verified_deal
                where "clientId" is not null group by "clientId"))
        order by "id"
        """,
        {"after": after},
    )


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""
