"""Months of statements and the periods that belong to them (validator §2, "Key → month").

A period belongs to the UTC month of its ``end_ts``, so to exactly one. Scope: windows of months and
their periods; not here: partitions of the months' asset (``cdp_assets.partitions``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from cdp_assets.partitions import Window, next_month


@dataclass(frozen=True)
class MonthPeriod:
    """A period that ended in a month.

    Attributes:
        period_id: Of the period.
        period_type: Its type; agreements name one.
        ordinal: Its place among the chain's periods of the type.
        status: ENDED, FINAL or CLOSED.
    """

    period_id: str
    period_type: str
    ordinal: int
    status: str


def window_of_month(month: str) -> Window:
    """Return the half-open UTC window of a month, ``YYYY-MM``."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return start, next_month(start)


def periods_of_month(cursor: psycopg.Cursor, chain_id: str, month: str) -> list[MonthPeriod]:
    """Return the known periods of a chain that ended in a month, ascending."""
    rows = cursor.execute(
        """
        select period_id, period_type, period_ordinal, status
        from validators.canonical_periods
        where chain_id = %s and is_current and not is_void and end_ts >= %s and end_ts < %s
        order by period_ordinal, period_id
        """,
        [chain_id, *window_of_month(month)],
    ).fetchall()
    return [MonthPeriod(*row) for row in rows]


def is_followed(cursor: psycopg.Cursor, chain_id: str, period_type: str, month: str) -> bool:
    """Return whether a period that ended after the month is known, so that the month's all are.

    Args:
        cursor: Any.
        chain_id: The chain.
        period_type: Its main type, whose periods follow each other without a gap.
        month: ``YYYY-MM``.
    """
    row = cursor.execute(
        "select exists (select from validators.canonical_periods where chain_id = %s "
        "and period_type = %s and is_current and not is_void and end_ts >= %s)",
        [chain_id, period_type, window_of_month(month)[1]],
    ).fetchone()
    return row == (True,)
