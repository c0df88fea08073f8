"""What other sources say of a period's amounts, read from their stored responses (validator §4.5).

Sources that are only compared, and the network totals that a source of our own rows publishes
beside them. Scope: finding and reading the fetches; not here: any protocol (``chains.adapters``).
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from cdp_assets.validators.canonical.normalise import WriteContext, read_context, read_identities
from cdp_assets.validators.chains.adapter import FETCHED, DataType
from cdp_assets.validators.chains.chain_registry import Provider
from cdp_assets.validators.reconciliation.period_findings import PublishedAmount
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.rules.source_priority import rank
from cdp_assets.validators.storage.payload_store import FetchScope, StoredFetch, candidates


def published_amounts(
    connection: psycopg.Connection, context: WriteContext, period: Period
) -> list[PublishedAmount]:
    """Return the amounts for comparison, by data type and provider, each provider's newest fetch.

    Args:
        connection: In a transaction.
        context: The run.
        period: The period.
    """
    chain_id = context.chain.chain_id
    with connection.cursor() as cursor:
        identities = read_identities(cursor, chain_id, period.period_id)
    reading = read_context(connection, context, period, identities)
    return [
        PublishedAmount(
            provider.name, one.component, one.validator_key, one.amount_native, one.is_estimate
        )
        for data_type in FETCHED
        for provider in _providers(context, data_type, period)
        for stored in _newest(connection, context, period, data_type, provider)
        for one in provider.adapter_class.read_alternates(data_type, stored, reading)
    ]


def _providers(context: WriteContext, data_type: DataType, period: Period) -> list[Provider]:
    """Return every provider that is fetched for a data type, those of our rows first."""
    registry, chain_id = context.registry, context.chain.chain_id
    return [
        *registry.providers_for(chain_id, data_type, period.ordinal),
        *registry.compared_for(chain_id, data_type, period.ordinal),
    ]


def _newest(
    connection: psycopg.Connection,
    context: WriteContext,
    period: Period,
    data_type: DataType,
    provider: Provider,
) -> Iterator[StoredFetch]:
    """Yield the newest complete fetch of a provider, if there is one."""
    chain_id, period_id = context.chain.chain_id, period.period_id
    with connection.cursor() as cursor:
        found = candidates(cursor, chain_id, period_id, data_type)
    for winner in rank(found, [provider.name])[:1]:
        scope = FetchScope(chain_id, period_id, data_type, provider.name)
        yield StoredFetch(connection, scope, winner)
