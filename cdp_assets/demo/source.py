"""The demo's source as of a day: it receives its rows as the demo's clock advances.

Scope: releasing rows; not here: which rows arrive when (``simulator.dmob.held_rows``), or the runs
that land them (``steps``).
"""

from __future__ import annotations

from datetime import datetime

import psycopg


def release_source(dmob: str, instant: datetime | None = None) -> None:
    """Release to the source the rows that arrive up to an instant; null: all rows."""
    from simulator.dmob.held_rows import release

    with psycopg.connect(dmob) as connection:
        release(connection, instant)


def source_until(dmob: str) -> datetime | None:
    """Return the instant up to which rows are released; null: all are."""
    from simulator.dmob.held_rows import held_until

    with psycopg.connect(dmob) as connection:
        return held_until(connection)
