"""Pages of how the service and its data are: overview, catalogue, ingestion, audit.

Scope: which routes these pages show; their special content is ``query_layer.pages.special``'s.
"""

from __future__ import annotations

from query_layer.pages.page import Page
from query_layer.pages.parts import chart, table

OPERATIONS_PAGES = (
    Page(
        "",
        "Overview",
        (
            chart(
                "/v1/assets/deal_totals_weekly/rows",
                "Bytes of new deals by week",
                x="week",
                series=("total_deal_size", "total_ddo_deal_size"),
                sort="-week",
            ),
            table("/v1/alerts", "Rules of compliance that are broken now", limit=10),
            table("/v1/ingestion/runs", "Newest fetches", limit=10),
            table(
                "/v1/audit",
                "Newest changes by people and runs",
                columns=("ts", "actor_id", "action", "resource_type", "resource_id", "reason"),
                limit=10,
            ),
        ),
        special="overview",
    ),
    Page("/catalog", "Catalogue", special="catalogue"),
    Page("/catalog/{asset}", "{asset}", special="asset"),
    Page(
        "/ingestion",
        "Ingestion of validators",
        (
            table(
                "/v1/ingestion/runs",
                "Fetches, newest first",
                columns=(
                    "chain_id",
                    "period_id",
                    "data_type",
                    "provider_name",
                    "status",
                    "started_at",
                    "completed_at",
                    "rows",
                    "requests",
                    "error_code",
                    "error_message",
                ),
            ),
        ),
    ),
    Page(
        "/reconciliation",
        "Reconciliation",
        (
            table(
                "/v1/reconciliation",
                "Findings, newest first",
                columns=(
                    "found_at",
                    "severity",
                    "status",
                    "check_code",
                    "chain_id",
                    "period_id",
                    "validator_key",
                    "old",
                    "new",
                    "delta",
                    "delta_pct",
                    "note",
                ),
            ),
        ),
    ),
    Page(
        "/audit",
        "Audit log",
        (
            table(
                "/v1/audit",
                "Changes by people and runs, newest first",
                columns=(
                    "seq",
                    "ts",
                    "actor_id",
                    "action",
                    "resource_type",
                    "resource_id",
                    "reason",
                    "before",
                    "after",
                    "correlation_id",
                ),
            ),
        ),
    ),
)
