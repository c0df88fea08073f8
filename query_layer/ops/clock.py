"""The clock of the query layer: the only place of this package that reads the time.

Scope: the two readings; not here: staleness (``query_layer.read.versions``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from query_layer.settings import Settings


def now(settings: Settings) -> datetime:
    """Return the instant pinned by ``CDP_AS_OF``, or the present one; UTC."""
    return settings.as_of or wall_clock()


def wall_clock() -> datetime:
    """Return the real present time, UTC, for log lines and the timestamps of errors."""
    return datetime.now(UTC)
