"""The canonical tables: their business keys and values.

Scope: what writers and checks need to know of a table; not here: the meaning of its columns (its
dbt source, ``validators``) or the rules that fill them.
"""

from __future__ import annotations

from cdp_assets.validators.storage.versioned_append import VersionedTable

PERIODS = VersionedTable(
    name="canonical_periods",
    key=("period_id",),
    values=(
        "period_ordinal",
        "period_type",
        "start_slot",
        "end_slot",
        "start_block",
        "end_block",
        "start_ts",
        "end_ts",
        "status",
        "finalized_at",
    ),
)
IDENTITIES = VersionedTable(
    name="canonical_validator_identities",
    key=("period_id", "validator_key", "kind", "value"),
    values=(),
)
FEES = VersionedTable(
    name="canonical_validator_fees",
    key=("period_id", "validator_key"),
    values=(
        "total_fees_native",
        "fee_count",
        "base_fees_native",
        "priority_fees_native",
        "blocks_produced",
        "leader_slots",
    ),
)
MEV = VersionedTable(
    name="canonical_validator_mev",
    key=("period_id", "validator_key"),
    values=(
        "gross_mev_native",
        "total_mev_native",
        "mev_commission_bps",
        "tip_count",
        "misdirected_native",
    ),
)
REWARDS = VersionedTable(
    name="canonical_stake_rewards",
    key=("period_id", "validator_key", "staker_address"),
    values=(
        "rewards_native",
        "gross_native",
        "commission_native",
        "stake_native",
        "is_operator_owned",
    ),
)
META = VersionedTable(
    name="canonical_validator_meta",
    key=("period_id", "validator_key"),
    values=(
        "commission_rate_bps",
        "mev_commission_bps",
        "is_mev_enabled",
        "total_stake_native",
        "self_stake_native",
        "credits",
        "client_version",
        "delinquent",
    ),
)
