"""``validator_pnl`` and ``canonical_client_stakes``: their business keys and values.

Scope: what writers and checks need to know of a table; not here: the meaning of its columns (its
dbt sources) or the rules that fill them.
"""

from __future__ import annotations

from cdp_assets.validators.storage.versioned_append import COMPUTED, VersionedTable

PNL = VersionedTable(
    name="validator_pnl",
    key=("period_id", "validator_key"),
    values=(
        "exec_fees_native",
        "mev_tips_native",
        "vote_rewards_native",
        "commission_native",
        "total_revenue_native",
        "gross_mev_native",
        "vote_cost_native",
        "network_fees_native",
        "net_profit_native",
        "total_stake_native",
        "quote_ccy",
        "price",
        "price_as_of",
        "total_revenue_fiat",
        "net_profit_fiat",
        "missing_components",
        "quality",
    ),
    form=COMPUTED,
)
CLIENT_STAKES = VersionedTable(
    name="canonical_client_stakes",
    key=("period_id", "staker_address"),
    values=(
        "validator_key",
        "client_id",
        "introducer_id",
        "from_period",
        "to_period",
        "stake_native",
        "rewards_native",
        "commission_native",
    ),
    form=COMPUTED,
)
