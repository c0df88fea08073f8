"""What other sources say of a period's amounts, read from their stored responses (validator §4.5).

Sources that are only compared, and the network totals that a source of our own rows publishes
beside them. Scope: finding and reading the fetches; not here: any protocol (``chains.adapters``).
"""

from __future__ import annotations

import psycopg

from cdp_assets.validators.canonical.normalise import (
    WriteContext,
    newest_fetch,
    read_context,
    read_identities,
)
from cdp_assets.validators.chains.adapter import FETCHED, DataType
from cdp_assets.validators.chains.chain_registry import Provider
from cdp_assets.validators.reconciliation.period_findings import PublishedAmount
from cdp_assets.validators.rules.period_rules import Period


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
        if (stored := newest_fetch(connection, context, period, data_type, provider.name))
        for one in provider.adapter_class.read_alternates(data_type, stored, reading)
    ]


def _providers(context: WriteContext, data_type: DataType, period: Period) -> list[Provider]:
    """Return every provider that is fetched for a data type, those of our rows first."""
    registry, chain_id = context.registry, context.chain.chain_id
    return [
        *registry.providers_for(chain_id, data_type, period.ordinal),
        *registry.compared_for(chain_id, data_type, period.ordinal),
    ]
