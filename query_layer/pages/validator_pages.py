"""Pages of chains, validators, partners and their agreements.

Scope: which routes these pages show; which rows a caller sees of them is row security's.
"""

from __future__ import annotations

from query_layer.pages.page import Page
from query_layer.pages.parts import chart, record, table

_PNL = "/v1/assets/validator_pnl/rows"
_LINES = "/v1/assets/partner_commission_lines/rows"
_STATEMENTS = "/v1/assets/partner_commission_statements/rows"
_STATEMENT = "/v1/chains/{chain_id}/partners/{introducer_id}/statements"
_PNL_COLUMNS = (
    "chain_id", "period_id", "validator_key", "exec_fees_native", "mev_tips_native",
    "vote_rewards_native", "commission_native", "total_revenue_native", "vote_cost_native",
    "net_profit_native", "net_profit_fiat", "quality",
)  # fmt: skip
_LINE_COLUMNS = (
    "chain_id", "period_id", "month", "introducer_id", "agreement_id", "validator_key",
    "client_id", "revenue_component", "base_amount_native", "commission_rate_bps",
    "final_amount_native", "quality",
)  # fmt: skip
_STATEMENT_COLUMNS = (
    "month", "chain_id", "introducer_id", "revision", "status", "total_native", "total_fiat",
    "quote_ccy", "released_at", "paid_at",
)  # fmt: skip
_OF_PARTNER = (("introducer_id", "{introducer_id}"),)

VALIDATOR_PAGES = (
    Page(
        "/chains",
        "Chains",
        (table("/v1/chains", "Chains"),),
        text="Amounts of a chain are whole numbers of its smallest unit.",
    ),
    Page(
        "/chains/{chain_id}",
        "Chain {chain_id}",
        (
            record("/v1/chains/{chain_id}", "Chain"),
            table(
                "/v1/chains/{chain_id}/periods",
                "Newest final periods",
                given=(("sort", "-period_ordinal"),),
                columns=(
                    "period_id",
                    "period_type",
                    "start_ts",
                    "end_ts",
                    "status",
                    "finalized_at",
                    "source_provider",
                ),
            ),
            table(
                _PNL,
                "Newest results of validators",
                given=(("chain_id", "{chain_id}"), ("sort", "-period_ordinal")),
                columns=_PNL_COLUMNS[1:],
            ),
        ),
    ),
    Page(
        "/validators",
        "Results of validators over chains",
        (table(_PNL, "Results by validator and period", columns=_PNL_COLUMNS),),
        text="Amounts are whole numbers of the chain's smallest unit; null: a component is absent.",
    ),
    Page(
        "/chains/{chain_id}/validators/{validator_key}",
        "Validator {validator_key}",
        (
            table(
                "/v1/chains/{chain_id}/validators/{validator_key}/pnl",
                "Results by period",
                columns=_PNL_COLUMNS[1:2] + _PNL_COLUMNS[3:],
            ),
            chart(
                "/v1/chains/{chain_id}/validators/{validator_key}/pnl",
                "Revenue and profit by period",
                x="period_id",
                series=("total_revenue_native", "net_profit_native"),
                sort="-period_ordinal",
            ),
        ),
    ),
    Page("/partners", "Partners", (table("/v1/assets/introducers/rows", "Partners"),)),
    Page(
        "/partners/{introducer_id}",
        "Partner",
        (
            record("/v1/assets/introducers/rows", "Partner", given=_OF_PARTNER),
            table(_STATEMENTS, "Statements", given=_OF_PARTNER, columns=_STATEMENT_COLUMNS),
            table("/v1/agreements", "Agreements", given=_OF_PARTNER),
            table("/v1/partners/{introducer_id}/clients", "Clients"),
            table(
                _LINES,
                "Newest commission lines",
                given=(*_OF_PARTNER, ("sort", "-period_ordinal")),
                columns=_LINE_COLUMNS,
            ),
        ),
    ),
    Page(
        "/commissions",
        "Commission lines",
        (table(_LINES, "Lines by period", columns=_LINE_COLUMNS),),
        text="Amounts are whole numbers of the chain's smallest unit.",
    ),
    Page(
        "/statements",
        "Statements",
        (table(_STATEMENTS, "Statements, newest month first", columns=_STATEMENT_COLUMNS),),
    ),
    Page(
        "/chains/{chain_id}/partners/{introducer_id}/statements/{month}",
        "Statement {month}",
        (
            record(
                f"{_STATEMENT}/{{period_id}}",
                "Newest revision",
                names=(("period_id", "{month}"),),
                columns=(*_STATEMENT_COLUMNS, "is_forced", "content_hash"),
            ),
            record("/v1/assets/introducers/rows", "Partner", given=_OF_PARTNER),
            table(
                f"{_STATEMENT}/{{month}}/items",
                "Items of all revisions",
                columns=(
                    "revision",
                    "kind",
                    "period_id",
                    "validator_key",
                    "amount_native",
                    "line_id",
                ),
                limit=1_000,
            ),
        ),
        is_document=True,
    ),
    Page("/agreements", "Agreements", (table("/v1/agreements", "Agreements"),)),
    Page(
        "/agreements/{agreement_id}",
        "Agreement {agreement_id}",
        (
            record("/v1/agreements/{agreement_id}", "Agreement"),
            table(
                "/v1/agreements/{agreement_id}/versions",
                "Versions",
                columns=(
                    "version",
                    "chain_id",
                    "period_type",
                    "effective_from_period",
                    "effective_to_period",
                    "rules",
                    "floors",
                    "caps",
                    "change_reason",
                    "created_at",
                ),
                limit=100,
            ),
            table("/v1/overrides", "Overrides", given=(("agreement_id", "{agreement_id}"),)),
        ),
    ),
    Page("/overrides", "Overrides of final amounts", (table("/v1/overrides", "Overrides"),)),
)
