"""The canonical tables: their business keys and values, and what each column means.

Belongs here: the descriptions that writers, checks and the UI share; the tables themselves are made
by migration 0005, and a test holds both together. Does not: rules that fill them.
"""

from __future__ import annotations

from cdp_assets.validators.versioned_append import VersionedTable

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

VERSION_COLUMNS = {
    "version": "Number of this version of the key, from 1.",
    "is_current": "No later version exists.",
    "is_void": "A tombstone: the row vanished from a complete answer; it has no values.",
    "recorded_at": "Clock when this version was written, UTC; with superseded_at the as-of range.",
    "superseded_at": "Clock when the next version was written, UTC, exclusive; null while current.",
    "superseded_by": "Version that replaced this one; null while current.",
    "source_provider": "Provider whose answer this version was made from.",
    "source_payload_id": "Payload in staging.staging_payloads; null where none is needed.",
    "normalized_at": "Clock of the run that made this version, UTC.",
    "config_hash": "Configuration of the chain, in validators.chain_configs.",
    "content_hash": "SHA-256 of values and flags; equal content makes no version.",
    "quality_flags": "What a reader must know: PROVISIONAL_ZERO, FALLBACK_SOURCE, …",
}
COLUMNS: dict[str, dict[str, str]] = {
    "canonical_periods": {
        "chain_id": "Chain, for example solana-mainnet.",
        "period_id": "Bare id of the period, for example 850.",
        "period_ordinal": "Number that orders periods.",
        "period_type": "EPOCH, BLOCK_WINDOW or SLOT_RANGE.",
        "start_slot": "First slot, inclusive.",
        "end_slot": "Last slot, inclusive.",
        "start_block": "Height of the first produced block; null until ended or unknown.",
        "end_block": "Height of the last produced block; null until ended or unknown.",
        "start_ts": "Time of the first produced block, UTC; null until ended or unknown.",
        "end_ts": "Time of the last produced block, UTC; decides the month of the period.",
        "status": "OPEN, ENDED, FINAL or CLOSED.",
        "finalized_at": "Clock when the period was first seen FINAL, UTC; null before.",
    },
    "canonical_validator_identities": {
        "chain_id": "Chain, for example solana-mainnet.",
        "period_id": "Bare id of the period, for example 850.",
        "validator_key": "The validator; on Solana its vote account.",
        "kind": "vote, identity, pubkey, index, fee_recipient or withdrawal.",
        "value": "The key by which the validator was known in that period.",
    },
    "canonical_validator_fees": {
        "chain_id": "Chain, for example solana-mainnet.",
        "period_id": "Bare id of the period, for example 850.",
        "validator_key": "The validator; on Solana its vote account.",
        "total_fees_native": "Fee income of the leader after burn, in the chain's smallest unit.",
        "fee_count": "Blocks that carry a Fee reward.",
        "base_fees_native": "Base fees; null: the source does not tell them apart.",
        "priority_fees_native": "Priority fees; null: the source does not tell them apart.",
        "blocks_produced": "Leader slots that hold a block.",
        "leader_slots": "Slots of the leader schedule.",
    },
}
