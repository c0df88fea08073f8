"""What the UI says about each validator asset: grain, keys, source, meaning of no row (D-02)."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from cdp_assets.validators.canonical_tables import COLUMNS, VERSION_COLUMNS

OWNER = "validator-data@example.org"

DESCRIPTIONS: Mapping[str, str] = {
    "chain_registry": (
        "One row per chain that validators are accounted for: its unit, its main period type and "
        "its first period. Made of `chains.yaml` and `providers.yaml`, checked as a whole; every "
        "configuration that a chain ever had stays in `validators.chain_configs` under the hash "
        "that computed rows carry."
    ),
    "canonical_periods": (
        "One row per period and version: the slots of an epoch, its status and the times of its "
        "first and last block. Keyed by chain and period id, from `first_period` of `chains.yaml` "
        "to the running period; asked from the chain's node. Null times mean that the period runs, "
        "or that the node keeps no history of it."
    ),
    "staging_meta": (
        "One row per answer that lists the validators of a period, as received. A node tells the "
        "present only, so its answer is landed for the running period; a past one is re-derived "
        "from stored answers or asked from a source with history. No complete row means that the "
        "period was not observed."
    ),
    "staging_fees": (
        "One row per answer that a period's fees are made of, as received: leader schedule, "
        "produced slots, block rewards, and a manifest that names the answers of a whole fetch. "
        "Content that was received before is not stored again. A failed fetch leaves its answers "
        "as evidence but no manifest, and nothing is made of them."
    ),
    "canonical_validator_identities": (
        "One row per period, validator, kind and key by which the validator was known, with "
        "versions. A validator is its vote account; it has two identities in a period of a "
        "fail-over, and those of the two periods before count because leaders are drawn that "
        "early. No row means that the period was not observed."
    ),
    "canonical_validator_fees": (
        "One row per period and validator with versions: what the validator earned as leader, in "
        "lamports after burn, over all its identities. Made of the winning whole fetch of the "
        "period: source priority, then newest, then hash. No row means that the validator led no "
        "slot, or that the period was not observed; null base and priority fees mean that the "
        "source does not tell them apart."
    ),
}

_TYPES = {"text[]": ("quality_flags",), "boolean": ("is_current", "is_void")}
_INTEGERS = {
    "period_ordinal", "start_slot", "end_slot", "start_block", "end_block", "fee_count",
    "blocks_produced", "leader_slots", "version", "superseded_by",
}  # fmt: skip
_STAGING_COLUMNS = {
    "payload_id": "Id of the content: UUIDv5 of its idempotency key.",
    "run_id": "Fetch in ops.ingestion_runs that stored it first.",
    "chain_id": "Chain, for example solana-mainnet.",
    "period_id": "Bare id of the period, for example 850.",
    "validator_key": "Empty for an answer about many validators.",
    "provider_name": "Provider in providers.yaml.",
    "provider_version": "Version of the contract that the adapter speaks.",
    "data_type": "FEES, MEV, REWARDS, META or PERIODS.",
    "request_fingerprint": "Name of the question and a hash of it; no address, no credential.",
    "http_status": "Status line received.",
    "fetch_timestamp": "Clock when this content was first received, UTC.",
    "last_seen_at": "Clock when this content was last received, UTC.",
    "role": "answer stands alone, part belongs to a fetch, manifest names the parts of one.",
    "is_complete": "False: broke off, malformed or an error; never normalised.",
    "response_hash": "SHA-256 of the canonical JSON.",
    "raw_payload": "The body as jsonb; null where Postgres cannot hold it.",
    "raw_body": "The body as received.",
}


def column_schema(table: str) -> dg.TableSchema:
    """Return the columns of a table with type and description, for the UI."""
    if table.startswith("staging_"):
        columns: Mapping[str, str] = _STAGING_COLUMNS
    else:
        columns = {**COLUMNS[table], **VERSION_COLUMNS}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type=_type_of(name), description=text)
            for name, text in columns.items()
        ]
    )


def _type_of(column: str) -> str:
    if column.endswith("_native"):
        return "numeric(78,0)"
    if column in _INTEGERS:
        return "bigint"
    if column.endswith(("_at", "_ts", "_timestamp")):
        return "timestamptz"
    special = {"raw_payload": "jsonb", "raw_body": "bytea", "http_status": "integer",
               "is_complete": "boolean"}  # fmt: skip
    if column in special:
        return special[column]
    if column in ("payload_id", "source_payload_id"):
        return "uuid"
    return next((kind for kind, names in _TYPES.items() if column in names), "text")
