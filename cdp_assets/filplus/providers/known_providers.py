"""The providers that the landed source knows, by actor id: the one home of that query.

Scope: ``raw_dmob.unique_providers`` as ids; not here: what is looked up about them.
"""

from __future__ import annotations

from typing import LiteralString

import psycopg

# The source writes 1000; an id that already has its prefix is the same provider.
KNOWN_PROVIDERS: LiteralString = """
    select distinct 'f0' || regexp_replace(provider_id, '^f0', '') as provider
    from raw_dmob.unique_providers
    where provider_id ~ '^(f0)?[0-9]+$'
"""


def known_providers(connection: psycopg.Connection) -> list[str]:
    """Return every provider that the source knows, as prefixed ids in ascending order."""
    rows = connection.execute(
        f"select provider from ({KNOWN_PROVIDERS}) k "
        "order by substr(provider, 3)::numeric, provider"
    )
    return [row[0] for row in rows]
