"""The providers that the landed source knows, by actor id: the one home of that query.

Scope: ``raw_dmob.unique_providers`` as ids; not here: what is looked up of them.
"""

from __future__ import annotations

from typing import LiteralString

# The source writes 1000; an id that already has its prefix is the same provider.
KNOWN_PROVIDERS: LiteralString = """
    select distinct 'f0' || regexp_replace(provider_id, '^f0', '') as provider
    from raw_dmob.unique_providers
    where provider_id ~ '^(f0)?[0-9]+$'
"""
