"""Addresses of chains, validators' P&L and partners' commissions (query_layer.md §3)."""

from __future__ import annotations

from query_layer.registry import validator_assets as validators
from query_layer.registry.filters import MONTH, WORD, between
from query_layer.registry.route import (
    CHAIN,
    INTRODUCER,
    VALIDATOR,
    Parent,
    PathParameter,
    route,
)

_CHAIN = Parent("api_v1.chain_registry", (("chain_id", "chain_id"),))
_VALIDATOR = Parent(
    "api_v1.canonical_validator_meta",
    (("chain_id", "chain_id"), ("validator_key", "validator_key")),
)
_PARTNER = Parent("api_v1.introducers", (("introducer_id", "introducer_id"),))
_STATEMENT = Parent(
    "api_v1.partner_commission_statements",
    (("chain_id", "chain_id"), ("introducer_id", "introducer_id"), ("month", "month")),
)
_MONTH = PathParameter(
    "period_id", "month", MONTH, "Month, or a period for its preview.", "2026-10"
)
_PERIOD = PathParameter("period_id", "period_id", WORD, "Period as in the chain's periods.", "850")
_PERIODS = between("period_ordinal")
_STATEMENTS = "/v1/chains/{chain_id}/partners/{introducer_id}/statements"

VALIDATOR_ROUTES = (
    route("/v1/chains", validators.CHAIN_REGISTRY, "Chains."),
    route(
        "/v1/chains/{chain_id}",
        validators.CHAIN_REGISTRY,
        "One chain.",
        parameters=(CHAIN,),
        single=True,
    ),
    route(
        "/v1/chains/{chain_id}/periods",
        validators.CANONICAL_PERIODS,
        "Periods of one chain, by default those that are final.",
        parameters=(CHAIN,),
        parents=(_CHAIN,),
    ),
    route(
        "/v1/chains/{chain_id}/validators/{validator_key}/pnl",
        validators.VALIDATOR_PNL,
        "Revenue and profit of one validator by period; `from` and `to` are ordinals of periods.",
        parameters=(CHAIN, VALIDATOR),
        parents=(_CHAIN, _VALIDATOR),
        more=_PERIODS,
    ),
    route(
        "/v1/chains/{chain_id}/partners/{introducer_id}/commissions",
        validators.COMMISSION_LINES,
        "Commission lines of one partner; `from` and `to` are ordinals of periods.",
        parameters=(CHAIN, INTRODUCER),
        parents=(_CHAIN, _PARTNER),
        more=_PERIODS,
    ),
    route(
        _STATEMENTS,
        validators.COMMISSION_STATEMENTS,
        "Statements of one partner, newest month first.",
        parameters=(CHAIN, INTRODUCER),
        parents=(_CHAIN, _PARTNER),
    ),
    route(
        f"{_STATEMENTS}/{{period_id}}",
        validators.COMMISSION_STATEMENTS,
        "The newest revision of one partner's statement of a month, or the lines of one period.",
        parameters=(CHAIN, INTRODUCER, _MONTH),
        single=True,
        sorts=("-revision",),
        fallback=route(
            f"{_STATEMENTS}/{{period_id}}",
            validators.COMMISSION_LINES,
            "Lines of one period, as they would be in a statement.",
            parameters=(CHAIN, INTRODUCER, _PERIOD),
            parents=(_CHAIN, _PARTNER),
            where=(("is_void", False),),
        ),
    ),
    route(
        f"{_STATEMENTS}/{{month}}/items",
        validators.STATEMENT_ITEMS,
        "Items of all revisions of one partner's statement of a month.",
        parameters=(
            CHAIN,
            INTRODUCER,
            PathParameter("month", "month", MONTH, "Month.", "2026-10"),
        ),
        parents=(_STATEMENT,),
    ),
    route(
        "/v1/partners/{introducer_id}/clients",
        validators.CLIENT_MAPPINGS,
        "Clients of one partner with the accounts and periods of their mappings.",
        parameters=(INTRODUCER,),
        parents=(_PARTNER,),
    ),
    route("/v1/agreements", validators.AGREEMENTS, "Agreements with partners."),
    route(
        "/v1/agreements/{agreement_id}",
        validators.AGREEMENTS,
        "One agreement.",
        parameters=(
            PathParameter("agreement_id", "agreement_id", WORD, "Id of the agreement.", "A-1"),
        ),
        single=True,
    ),
    route(
        "/v1/agreements/{agreement_id}/versions",
        validators.AGREEMENT_VERSIONS,
        "Versions of one agreement, oldest first.",
        parameters=(
            PathParameter("agreement_id", "agreement_id", WORD, "Id of the agreement.", "A-1"),
        ),
        parents=(Parent("api_v1.agreements", (("agreement_id", "agreement_id"),)),),
        sorts=("version",),
    ),
    route("/v1/overrides", validators.OVERRIDES, "Overrides of final amounts, newest first."),
    route(
        "/v1/ingestion/runs",
        validators.INGESTION_RUNS,
        "Fetches of one data type of a period from one provider, newest first.",
    ),
    route("/v1/reconciliation", validators.RECONCILIATION, "Findings of reconciliation."),
    route("/v1/audit", validators.AUDIT_LOG, "Changes by people and runs, newest first."),
)
