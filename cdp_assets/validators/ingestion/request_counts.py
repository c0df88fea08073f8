"""How many requests the fetches of a range of periods took, by data type and source.

Read from ``ops.ingestion_runs``, where each fetch leaves the responses that it received, tries that
failed included. What many periods share, such as a history by identity, counts in the first of
them. Scope: the sums; not here: counting (``storage.payload_store``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

_REQUESTS = """
select data_type, provider_name, count(distinct period_id), sum(requests)
from ops.ingestion_runs
where chain_id = %(chain)s and period_id = any(%(periods)s)
    and (%(since)s::timestamptz is null or started_at >= %(since)s)
group by 1, 2
order by 1, 2
"""


@dataclass(frozen=True)
class RangeRequests:
    """Requests of a range to one source for one data type."""

    data_type: str
    provider: str
    periods: int
    requests: int


def requests_of_range(
    connection: psycopg.Connection,
    chain_id: str,
    periods: Sequence[str],
    *,
    since: datetime | None = None,
) -> list[RangeRequests]:
    """Return the requests of all fetches of some periods, by data type, then by source.

    Args:
        connection: Of the warehouse.
        chain_id: The chain.
        periods: Period ids.
        since: Only fetches that began then or later, by the clock; null: all.
    """
    rows = connection.execute(
        _REQUESTS, {"chain": chain_id, "periods": list(periods), "since": since}
    ).fetchall()
    return [
        RangeRequests(kind, name, int(count), int(sent or 0)) for kind, name, count, sent in rows
    ]
