"""What the votes of a period's validators cost, from the source that says it (validator §6.2).

Only sources that are compared report it, in the fetch of another data type; it is an expense beside
revenue, so no component of P&L depends on it. Scope: reading the newest fetch; not here: protocols
(``chains.adapters``), net profit (``pnl_rules``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg

from cdp_assets.validators.canonical.normalise import WriteContext, newest_fetch, read_context
from cdp_assets.validators.rules.period_rules import Period


@dataclass(frozen=True)
class VoteCosts:
    """Costs of votes in native units by validator.

    Attributes:
        by_validator: Of those for which the source says it.
        payload_id: The stored response; null: there is none.
    """

    by_validator: Mapping[str, int] = field(default_factory=dict)
    payload_id: str | None = None


def read_vote_costs(
    connection: psycopg.Connection, context: WriteContext, period: Period
) -> VoteCosts:
    """Return the costs of a period from the first source that has them; empty: none has."""
    reading = read_context(connection, context, period, ())
    chain_id = context.chain.chain_id
    for provider in context.registry.providers:
        data_type = provider.adapter_class.vote_costs_in
        if provider.chain_id != chain_id or data_type is None:
            continue
        stored = newest_fetch(connection, context, period, data_type, provider.name)
        if stored is not None:
            found = provider.adapter_class.read_vote_costs(stored, reading)
            return VoteCosts(found, str(stored.winner.payload_id))
    return VoteCosts()
