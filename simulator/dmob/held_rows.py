"""A source as it was at an earlier instant: rows that it received later are held back.

A real source has no rows of the future, so tables of past days are correct only if built from a
source in its state of that time. Scope: which rows came when; not here: creating rows (``dmob``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg

_AT_HEIGHT: LiteralString = "timestamp '2020-08-24 22:00:00' + {} * interval '30 seconds'"
_GRANTED: LiteralString = _AT_HEIGHT.format('"height"')
# A back-fill created the first quarter of the deals long after their start: they count from there.
_STARTED: LiteralString = (
    'least("createdAt", case when "termStart" < 4294967295 then '
    + _AT_HEIGHT.format('"termStart"::float8')
    + " end)"
)
# When the source received a row, UTC.
_RECEIVED: dict[LiteralString, LiteralString] = {
    "unified_verified_deal": _STARTED,
    "dc_allocation_claim": _STARTED,
    "verifier_allowance": _GRANTED,
    "verified_client_allowance": _GRANTED,
}


def hold_back(connection: psycopg.Connection[Any], instant: datetime) -> None:
    """Take every row out of the source that it received after an instant, in one transaction."""
    with connection.transaction():
        connection.execute("create table simulation.held (until timestamptz not null)")
        connection.execute("insert into simulation.held values (%s)", [instant])
        for table in _RECEIVED:
            connection.execute(f"create table simulation.held_{table} (like public.{table})")
            _move(connection, f"public.{table}", f"simulation.held_{table}", table, ">", instant)
        connection.execute("refresh materialized view public.unique_providers")


def release(connection: psycopg.Connection[Any], instant: datetime | None = None) -> None:
    """Give back the rows that the source received up to an instant; null gives back all."""
    if held_until(connection) is None:
        return
    with connection.transaction():
        until = instant or datetime.max.replace(tzinfo=UTC)
        for table in _RECEIVED:
            _move(connection, f"simulation.held_{table}", f"public.{table}", table, "<=", until)
        connection.execute("refresh materialized view public.unique_providers")
        if instant is not None:
            connection.execute("update simulation.held set until = greatest(until, %s)", [instant])
            return
        for table in _RECEIVED:
            connection.execute(f"drop table simulation.held_{table}")
        connection.execute("drop table simulation.held")


def held_until(connection: psycopg.Connection[Any]) -> datetime | None:
    """Return the instant up to which the source has its rows; null: it has all of them."""
    row = connection.execute("select to_regclass('simulation.held') is not null").fetchone()
    if row is None or not row[0]:
        return None
    held = connection.execute("select until from simulation.held").fetchone()
    assert held is not None
    return held[0].astimezone(UTC)  # type: ignore[no-any-return]


def _move(
    connection: psycopg.Connection[Any],
    source: LiteralString,
    target: LiteralString,
    table: LiteralString,
    sign: LiteralString,
    instant: datetime,
) -> None:
    connection.execute(
        f"with moved as (delete from {source} where {_RECEIVED[table]} {sign} %s returning *) "
        f"insert into {target} select * from moved order by 1",
        [instant.astimezone(UTC).replace(tzinfo=None)],
    )
