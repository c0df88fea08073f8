"""The simulated present, set from outside and never running by itself.

Scope: one instant and its text form; not here: waiting (``fault_delivery``).
"""

from __future__ import annotations

from datetime import UTC, datetime


class SimulatedClock:
    """The instant (UTC) that is now for every simulated source."""

    def __init__(self, now: datetime) -> None:
        self._now = _utc(now)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self._now

    def set(self, now: datetime) -> None:
        """Set the clock, forward or back.

        Raises:
            ValueError: The instant has no time zone.
        """
        self._now = _utc(now)


def read_instant(text: object) -> datetime:
    """Read an ISO instant with a zone, such as ``2026-03-02T12:00:00Z``.

    Raises:
        ValueError: Not such a text.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no ISO instant")
    return _utc(datetime.fromisoformat(text))


def _utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone; end it with Z")
    return instant.astimezone(UTC)
