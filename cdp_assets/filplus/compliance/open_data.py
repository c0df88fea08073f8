"""Which providers are open data now, and which stored weeks were classified otherwise (§1.4).

Python, because the classes and a sensor need the result for the present and no table stores it.
Scope: the two statements; not here: classes (``weekly_tables``) or requesting a run
(``sensors.open_data``).
"""

from __future__ import annotations

from datetime import datetime

import psycopg

_OPEN_DATA = """
select distinct d.provider
from filplus.allocator_client_bookkeeping b
join filplus.client_provider_distribution d on d.client = b.client_id
where b.confirms_open_data and exists (
    select from filplus.allocator_registry g
    where g.allocator_id = b.allocator_id and not g.rejected
    union all
    select from filplus.allocator_registry_archive g
    where g.allocator_id = b.allocator_id and not g.rejected
)
"""
_OUTDATED = f"""
with open_data as ({_OPEN_DATA})

select min(c.week) at time zone 'UTC', max(c.week) at time zone 'UTC'
from filplus.storage_provider_compliance_weekly c
left join open_data o using (provider)
where c.week < %s::timestamptz at time zone 'UTC' and c.is_open_data <> (o.provider is not null)
"""


def open_data_providers(cursor: psycopg.Cursor) -> frozenset[str]:
    """Return providers with a client whose application to a non-rejected allocator confirms it."""
    return frozenset(row[0] for row in cursor.execute(_OPEN_DATA))


def outdated_weeks(
    connection: psycopg.Connection, before: datetime
) -> tuple[datetime, datetime] | None:
    """Return the first and last week before an instant with a provider classified otherwise.

    Null: every stored week agrees with the present bookkeeping, registry and deals.
    """
    row = connection.execute(_OUTDATED, [before]).fetchone()
    return row if row is not None and row[0] is not None else None
