"""The tables of compliance §3 by their plain formulas, straight over the source: the other opinion.

Nothing of the product is used: no landing, no dbt, no window. A deal without a size adds no bytes,
and a sum of none is 0 (decision 0036). Belongs here: formulas. Does not: loading or comparing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

Row = tuple[Any, ...]
Rates = Mapping[tuple[date, str], Decimal | None]

_DEALS = """
with d as (
    select
        (to_timestamp(30 * "termStart" + 1598306400) at time zone 'UTC')::timestamp(3) as ts,
        'f0' || "clientId" as client, 'f0' || "providerId" as provider, "pieceCid" as piece,
        "dealId" as deal,
        case when scale(trim_scale("pieceSize")) = 0 then "pieceSize"::bigint end as size
    from public.unified_verified_deal
    where "termStart" >= 3698160 and "termStart" < 4294967295
        and to_timestamp(30 * "termStart" + 1598306400) <= %(now)s
        and "clientId" ~ '^[0-9]+$' and "providerId" ~ '^[0-9]+$'
)
"""
_WEEKS = """, w as (
    select generate_series(timestamp '2024-02-26', %(now)s at time zone 'UTC', interval '7 days')
        as week
)
"""

HOURLY = """
select date_trunc('hour', ts)::timestamp(3), client, provider, count(*)::int,
    (count(*) filter (where deal = 0))::int, coalesce(sum(size), 0)::bigint,
    coalesce(sum(size) filter (where deal = 0), 0)::bigint
from d group by 1, 2, 3
"""
CLIENTS_HOURLY = (
    "select date_trunc('hour', ts)::timestamp(3), client, coalesce(sum(size), 0)::bigint "
    "from d group by 1, 2"
)
WEEKLY = """
select week::timestamp(3), client, provider, coalesce(sum(t), 0)::bigint,
    coalesce(sum(u), 0)::bigint
from (
    select date_trunc('week', ts) as week, client, provider, piece, sum(size) as t, min(size) as u
    from d group by 1, 2, 3, 4
) pieces group by 1, 2, 3
"""
ACCUMULATED = """
select week::timestamp(3), client, provider, coalesce(sum(t), 0)::bigint,
    coalesce(sum(u), 0)::bigint
from (
    select week, client, provider, piece, sum(size) as t, min(size) as u
    from w join d on date_trunc('week', ts) <= week group by 1, 2, 3, 4
) pieces group by 1, 2, 3
"""


def expected(source: psycopg.Connection[Any], now: datetime, rates: Rates) -> dict[str, list[Row]]:
    """Return every row of the seven tables by table name, sorted as text."""

    def query(formula: str) -> list[Row]:
        return source.execute(_DEALS + _WEEKS + formula, {"now": now}).fetchall()

    weekly, accumulated = query(WEEKLY), query(ACCUMULATED)
    tables = {
        "unified_verified_deal_hourly": query(HOURLY),
        "client_claims_hourly": query(CLIENTS_HOURLY),
        "client_provider_distribution_weekly": weekly,
        "client_provider_distribution_weekly_acc": accumulated,
        "providers_weekly": _providers(weekly, rates),
        "providers_weekly_acc": _providers(accumulated, rates),
        "provider_url_finder_retrievability_daily": [
            (
                stored(day.year, day.month, day.day),
                provider,
                None if rate is None else float(rate),
            )
            for (day, provider), rate in rates.items()
        ],
    }
    return {name: in_order(rows) for name, rows in tables.items()}


def stored(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """Return an instant as the tables hold it: UTC, without a zone."""
    return datetime(year, month, day, hour, tzinfo=UTC).replace(tzinfo=None)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows in one order, whatever they hold."""
    return sorted(rows, key=repr)


def _providers(distribution: Iterable[Row], rates: Rates) -> list[Row]:
    last: dict[tuple[datetime, str], tuple[date, Decimal | None]] = {}
    for (day, provider), rate in sorted(rates.items(), key=lambda item: item[0]):
        monday = day - timedelta(days=day.weekday())
        last[stored(monday.year, monday.month, monday.day), provider] = (day, rate)
    sizes: dict[tuple[datetime, str], list[int]] = {}
    for week, _, provider, total, _ in distribution:
        sizes.setdefault((week, provider), []).append(total)
    rows: list[Row] = []
    for (week, provider), parts in sizes.items():
        rate = last.get((week, provider), (None, None))[1]
        rows.append(
            (
                week,
                provider,
                len(parts),
                max(parts),
                sum(parts),
                None,
                None,
                float(rate or 0),
                rate is not None,
            )
        )
    return rows
