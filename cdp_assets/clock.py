"""The clock: the one function that returns the present instant.

``CDP_AS_OF`` pins "now" for a run, so that equal sources and an equal instant give equal bytes
(spec README, "The clock"). Scope: reading the instant; not here: period arithmetic
(``cdp_assets.partitions``) or chain time (``cdp_assets.units``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from cdp_assets.settings import get_settings


def now() -> datetime:
    """Return the pinned instant of ``CDP_AS_OF``, or the present one; timezone-aware, UTC."""
    return get_settings().as_of or datetime.now(UTC)


def wall_clock() -> datetime:
    """Return the real present time, UTC, for bookkeeping from which no table is built.

    Run durations and health rows record when something really happened; a pinned instant would
    make an old run look young.
    """
    return datetime.now(UTC)
