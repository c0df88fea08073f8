"""Periods that a released statement uses become CLOSED (validator §2, "Status machine").

Scope: that one change of ``canonical_periods``, as new versions; not here: their other states
(``periods.period_table``).
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from cdp_assets.validators.canonical.canonical_tables import PERIODS
from cdp_assets.validators.storage.versioned_append import Stamp, VersionedRow, append_versions

CLOSED = "CLOSED"


def close_periods(
    cursor: psycopg.Cursor, chain_id: str, period_ids: Sequence[str], stamp: Stamp
) -> int:
    """Close periods and return how many were not closed before.

    Args:
        cursor: In a transaction that holds the lock of ``canonical_periods``.
        chain_id: The chain.
        period_ids: Those that the statement uses.
        stamp: Clock and configuration.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, PERIODS.values))
    rows = cursor.execute(
        sql.SQL(
            "select period_id, source_provider, source_payload_id, quality_flags, {} "
            "from validators.canonical_periods where chain_id = %s and period_id = any(%s) "
            "and is_current and not is_void and status <> %s"
        ).format(columns),
        [chain_id, list(period_ids), CLOSED],
    ).fetchall()
    closing = [_closed(*row) for row in rows]
    if closing:
        keys = [str(row.key[0]) for row in closing]
        append_versions(cursor, PERIODS, chain_id, keys, closing, stamp)
    return len(closing)


def _closed(
    period_id: str, provider: str, payload_id: object, flags: Sequence[str], *values: object
) -> VersionedRow:
    known = dict(zip(PERIODS.values, values, strict=True))
    known["status"] = CLOSED
    return VersionedRow(
        key=(period_id,),
        values=tuple(known.values()),  # type: ignore[arg-type]
        origin=(provider, payload_id),  # type: ignore[arg-type]
        quality_flags=tuple(flags),
    )
