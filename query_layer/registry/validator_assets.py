"""Entries of validators: chains, periods, canonical tables, P&L and commissions (validator.md).

Rows are those of the caller's claims. Versioned tables list current rows unless all versions are
requested.
"""

from __future__ import annotations

from functools import partial

from query_layer.registry.asset import Asset
from query_layer.registry.catalogue import served
from query_layer.registry.filters import (
    MONTH,
    SLUG,
    Filter,
    any_of,
    between,
    contains,
    equal,
    one_of,
    unless,
    within,
)

PNL = "pnl:read"
COMMISSION = "commission:read"
AGREEMENT = "agreement:read"
OPS = "ops:read"
COMPONENTS = ("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION", "STAKE_REWARDS", "TOTAL")

_scoped = partial(served, is_row_scoped=True, counts_exactly=False)
_CURRENT = unless("all_versions", "is_current", "Also list versions that a later one superseded.")
# Partners see final amounts only (validator.md §12).
_STEPS = frozenset(("pre_override_amount_native", "override_id"))
_AUTHOR = frozenset(("created_by",))


def _canonical(view: str, *filters: Filter) -> Asset:
    return _scoped(
        view,
        scope=PNL,
        job="recompute_job",
        filters=(_CURRENT, equal("is_void"), *filters),
    )


CHAIN_REGISTRY = _scoped("chain_registry", scope=PNL, job="solana_mainnet_periods_job")
CANONICAL_PERIODS = _scoped(
    "canonical_periods",
    scope=PNL,
    job="solana_mainnet_periods_job",
    sorts=("period_ordinal", "end_ts"),
    filters=(
        _CURRENT,
        any_of("status", "OPEN", "ENDED", "FINAL", "CLOSED", default=("FINAL", "CLOSED")),
        between("end_ts"),
    ),
)
CANONICAL_IDENTITIES = _canonical("canonical_validator_identities")
CANONICAL_FEES = _canonical("canonical_validator_fees")
CANONICAL_MEV = _canonical("canonical_validator_mev")
CANONICAL_REWARDS = _canonical("canonical_stake_rewards")
CANONICAL_META = _canonical("canonical_validator_meta")
CANONICAL_CLIENT_STAKES = _scoped(
    "canonical_client_stakes",
    scope=COMMISSION,
    job="recompute_job",
    filters=(_CURRENT, equal("client_id"), equal("introducer_id"), equal("validator_key")),
)
IDENTITY_RANGES = _scoped("validator_identity_ranges", scope=PNL, job="recompute_job")
FX_RATES = _scoped("fx_rates", scope=PNL, job="validator_prices_job", filters=(between("as_of"),))
VALIDATOR_PNL = _scoped(
    "validator_pnl",
    scope=PNL,
    job="recompute_job",
    sorts=("period_ordinal", "validator_key", "total_revenue_native", "net_profit_native"),
    filters=(
        _CURRENT,
        equal("is_void"),
        one_of("quality", "COMPLETE", "INCOMPLETE"),
        equal("validator_key"),
    ),
)
COMMISSION_LINES = _scoped(
    "partner_commission_lines",
    scope=COMMISSION,
    job="recompute_job",
    sorts=("period_ordinal", "final_amount_native"),
    staff_columns=_STEPS,
    filters=(
        _CURRENT,
        equal("introducer_id"),
        equal("agreement_id"),
        one_of("revenue_component", *COMPONENTS, name="component"),
        equal("month", MONTH, example="2026-10"),
        equal("validator_key"),
    ),
)
COMMISSION_STATEMENTS = _scoped(
    "partner_commission_statements",
    scope=COMMISSION,
    job="partner_statements_job",
    sorts=("-month", "revision"),
    filters=(
        equal("introducer_id"),
        equal("chain_id", SLUG, example="solana-mainnet"),
        equal("month", MONTH, example="2026-10"),
        one_of("status", "DRAFT", "IN_REVIEW", "APPROVED", "RELEASED", "PAID", "VOID"),
    ),
)
STATEMENT_ITEMS = _scoped(
    "partner_statement_items",
    scope=COMMISSION,
    job="partner_statements_job",
    sorts=("statement_id", "period_id"),
    filters=(
        equal("introducer_id"),
        equal("chain_id", SLUG, example="solana-mainnet"),
        equal("month", MONTH, example="2026-10"),
        equal("revision"),
    ),
)
CLIENT_MAPPINGS = _scoped(
    "client_mappings",
    scope=COMMISSION,
    job="client_mapping_job",
    sorts=("client_id", "created_at"),
    staff_columns=_AUTHOR,
    filters=(
        equal("client_id"),
        equal("introducer_id"),
        equal("chain_id", SLUG, example="solana-mainnet"),
    ),
)
INTRODUCERS = _scoped(
    "introducers",
    scope=COMMISSION,
    job="introducer_job",
    sorts=("name",),
    filters=(contains("name", "legal_entity"), equal("is_active")),
)
AGREEMENTS = _scoped(
    "agreements",
    scope=AGREEMENT,
    job="agreement_job",
    sorts=("agreement_id", "name", "created_at"),
    staff_columns=_AUTHOR,
    filters=(
        equal("introducer_id"),
        one_of("status", "DRAFT", "ACTIVE", "SUSPENDED", "ENDED"),
        within("in_force", name="active_on"),
    ),
)
AGREEMENT_VERSIONS = _scoped(
    "agreement_versions",
    scope=AGREEMENT,
    job="agreement_job",
    staff_columns=_AUTHOR,
    filters=(equal("chain_id", SLUG, example="solana-mainnet"),),
)
OVERRIDES = _scoped(
    "overrides",
    scope=AGREEMENT,
    job="override_job",
    sorts=("-created_at", "agreement_id"),
    filters=(
        equal("agreement_id"),
        equal("chain_id", SLUG, example="solana-mainnet"),
        equal("period_id"),
    ),
)
INGESTION_RUNS = _scoped(
    "ingestion_runs",
    scope=OPS,
    job="recompute_job",
    sorts=("-started_at", "completed_at"),
    filters=(
        one_of("status", "PENDING", "RUNNING", "SUCCESS", "PARTIAL", "FAILED"),
        between("started_at"),
    ),
)
AUDIT_LOG = _scoped(
    "audit_log",
    scope="audit:read",
    job="audit_verification_job",
    sorts=("-seq", "ts"),
    filters=(
        equal("resource_type", name="entity_type"),
        equal("resource_id", name="entity_id"),
        equal("actor_id", name="user_id"),
        equal("org_id"),
        equal("action", "[A-Z_]+", example="CREATE_OVERRIDE"),
        equal("correlation_id"),
        between("ts"),
    ),
)
RECONCILIATION = _scoped(
    "reconciliation_reports",
    scope=OPS,
    job="recompute_job",
    sorts=("-found_at",),
    filters=(
        equal("chain_id", SLUG, example="solana-mainnet"),
        equal("period_id"),
        one_of("severity", "INFO", "WARNING", "ERROR"),
        one_of("status", "OPEN", "ACKED", "RESOLVED"),
        between("found_at"),
    ),
)

VALIDATOR_ASSETS = tuple(value for value in list(globals().values()) if isinstance(value, Asset))
