"""Which response counts: a total order that does not depend on arrival (validator §4.4, §4.5).

Plain functions. Scope: choosing among complete responses of one period and data type; not here:
reading them (``payload_store``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CONFIRMATION_GAP = timedelta(hours=1)  # validator §2: a zero is confirmed by a fetch >= 1 h later


@dataclass(frozen=True, slots=True)
class Candidate:
    """One complete response, or one complete fetch, of a period and data type.

    Attributes:
        payload_id: Its row in staging.
        provider: The source.
        response_hash: Its content.
        first_seen_at: When this content was first fetched.
        last_seen_at: When this content was last fetched: if a source returns an earlier response
            again, that one is the newest.
    """

    payload_id: uuid.UUID
    provider: str
    response_hash: str
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def is_confirmed(self) -> bool:
        """Return whether the source returned this content again an hour or more later."""
        return self.last_seen_at - self.first_seen_at >= CONFIRMATION_GAP


def rank(candidates: Iterable[Candidate], priority: Sequence[str]) -> list[Candidate]:
    """Order candidates, winner first: source priority, newest fetch, then hash.

    Args:
        candidates: Complete responses; those of providers without a priority are ignored.
        priority: Provider names, first wins.
    """
    known = [c for c in candidates if c.provider in priority]
    known.sort(key=lambda c: c.response_hash)
    known.sort(key=lambda c: c.last_seen_at, reverse=True)
    known.sort(key=lambda c: priority.index(c.provider))
    return known
