"""The demo's source as it was: rows come into it as the clock of the demo's days goes on.

Scope: that. Not here: which rows came when (see ``simulator.dmob.held_rows``), or what is made of
them (see ``steps``).
"""

from __future__ import annotations

from datetime import datetime

import psycopg


def release_source(dmob: str, instant: datetime | None = None) -> None:
    """Give the source the rows that it received up to an instant; null: all that it ever will."""
    from simulator.dmob.held_rows import release

    with psycopg.connect(dmob) as connection:
        release(connection, instant)


def source_until(dmob: str) -> datetime | None:
    """Return up to when the source has its rows; null: it has all of them."""
    from simulator.dmob.held_rows import held_until

    with psycopg.connect(dmob) as connection:
        return held_until(connection)
