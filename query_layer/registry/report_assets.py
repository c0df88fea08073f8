"""Entries of reports, scores and weekly compliance (compliance.md §5, §6)."""

from __future__ import annotations

from functools import partial

from query_layer.registry.asset import Asset
from query_layer.registry.catalogue import served
from query_layer.registry.filplus_assets import CDP, DATA_TYPES
from query_layer.registry.filters import ACTOR_ID, Filter, any_of, between, equal, one_of

SCORES = ("compliant", "partiallyCompliant", "nonCompliant")

_allocator = partial(served, scope=CDP, job="allocator_report_job")
_client = partial(served, scope=CDP, job="client_report_job")
_weekly = partial(served, scope=CDP, job="filplus_weekly_job")
_REPORT = equal("allocator_report_id")
_CLIENT_REPORT = equal("client_report_id")
_DATA_TYPE = one_of("data_type", *DATA_TYPES, name="dataType")


def _switch(column: str, name: str) -> Filter:
    """Return the switch of a test of the compliance of providers; all are on by default."""
    return Filter(
        name,
        "equal",
        (column,),
        f"Whether `{column}` counts; false: it is taken as passed. Default true.",
        default=True,
        example="true",
    )


SWITCHES = (
    _switch("check_retrievability", "urlFinderRetrievability"),
    _switch("check_number_of_clients", "numberOfClients"),
    _switch("check_total_deal_size", "totalDealSize"),
)

# Reports of allocators and their parts (§6.2, §6.3).
ALLOCATOR_REPORT = _allocator(
    "allocator_report",
    sorts=("-create_date", "allocator", "clients_number"),
    filters=(equal("allocator", ACTOR_ID), _DATA_TYPE, between("create_date")),
)
ALLOCATOR_REPORT_CHECKS = _allocator(
    "allocator_report_check_result",
    sorts=("-create_date", "check_code"),
    filters=(
        _REPORT,
        equal("check_code", "[A-Z0-9_]+", example="INACTIVITY"),
        equal("result"),
        between("create_date"),
    ),
)
ALLOCATOR_REPORT_CLIENT = _allocator(
    "allocator_report_client", sorts=("client_id", "total_allocations", "allocations_number")
)
ALLOCATOR_REPORT_ALLOCATION = _allocator("allocator_report_client_allocation")
ALLOCATOR_REPORT_CID_SHARING = _allocator("allocator_report_client_cid_sharing")
ALLOCATOR_REPORT_REPLICAS = _allocator("allocator_report_client_replica_distribution")
ALLOCATOR_REPORT_PROVIDERS = _allocator(
    "allocator_report_storage_provider_distribution",
    sorts=("-perc_of_total_datacap", "provider", "total_deal_size"),
)
ALLOCATOR_REPORT_LOCATIONS = _allocator("allocator_report_storage_provider_distribution_location")
ALLOCATOR_REPORT_SCORES = _allocator(
    "allocator_report_scoring_result",
    sorts=("metric", "create_date"),
    filters=(_REPORT, equal("metric", "[A-Z0-9_]+", example="AUDIT_QUALITY")),
)
ALLOCATOR_REPORT_SCORE_RANGES = _allocator(
    "allocator_report_scoring_result_range", filters=(equal("scoring_result_id"),)
)

# Reports of clients and their parts (§6.4).
CLIENT_REPORT = _client(
    "client_report",
    sorts=("-create_date", "client"),
    filters=(equal("client", ACTOR_ID), between("create_date")),
)
CLIENT_REPORT_CHECKS = _client(
    "client_report_check_result",
    sorts=("-create_date", "check_code"),
    filters=(
        _CLIENT_REPORT,
        equal("check_code", "[A-Z0-9_]+", example="INACTIVITY"),
        equal("result"),
        between("create_date"),
    ),
)
CLIENT_REPORT_CID_SHARING = _client("client_report_cid_sharing")
CLIENT_REPORT_REPLICAS = _client("client_report_replica_distribution")
CLIENT_REPORT_PROVIDERS = _client("client_report_storage_provider_distribution")
CLIENT_REPORT_LOCATIONS = _client("client_report_storage_provider_distribution_location")

# Scores (§5.3, §5.4).
ALLOCATOR_SCORE_EXPLAINED = _allocator(
    "allocator_score_explained",
    sorts=("allocator_report_id", "report_day"),
    filters=(
        equal("allocator", ACTOR_ID),
        _DATA_TYPE,
        between("report_day"),
    ),
)
ALLOCATOR_SCORE_WEEKLY = _weekly("allocator_score_weekly", filters=(_DATA_TYPE,))
ALLOCATOR_SCORE_GROUPS = _weekly(
    "allocator_score_groups",
    sorts=("period",),
    filters=(
        one_of("period_unit", "week", "month"),
        between("period"),
        _DATA_TYPE,
        one_of("score_group", "high", "medium", "low"),
    ),
)
ALLOCATOR_SCORE_SHARES = _allocator(
    "allocator_score_shares",
    sorts=("-from_day", "allocator"),
    filters=(equal("allocator", ACTOR_ID), between("from_day")),
)
SCORES_SUMMARY = _weekly(
    "scores_summary_by_metric",
    sorts=("-period", "metric"),
    filters=(
        any_of("period_unit", "week", "month", default=("week",)),
        _DATA_TYPE,
        equal("period", name="week", description="Only this week or month, by its first day."),
        between("period"),
    ),
)
LATEST_SCORES = _allocator(
    "latest_scores",
    sorts=("position", "allocator", "total_score_percentage", "total_datacap"),
    filters=(_DATA_TYPE,),
)
DASHBOARD_SHARES = _allocator(
    "dashboard_shares", sorts=("-cutoff_day",), filters=(between("cutoff_day"),)
)
RULE_VERSION = _allocator("rule_version")

# Checks by day and week, and statistics by day (§7.2, §7.5 to §7.7).
_CHECK = equal("check_code", "[A-Z0-9_]+", example="INACTIVITY")
_INTERVAL = one_of("period_unit", "day", "week", "month", name="interval")
REPORT_CHECK_COUNTS = _weekly(
    "report_check_counts_weekly",
    sorts=("-period", "period_unit"),
    filters=(one_of("period_unit", "day", "week"), between("period")),
    is_series=True,
)
REPORT_CHECKS_DAILY = _weekly("allocator_report_check_daily", filters=(_CHECK,))
FAILED_CHECKS_DAILY = _weekly("failed_checks_daily", filters=(_CHECK,))
ALLOCATOR_STATISTICS = _weekly("allocator_statistics_daily", sorts=("place",), filters=(_INTERVAL,))
CLIENT_STATISTICS = _weekly("client_statistics_daily", sorts=("place",), filters=(_INTERVAL,))
PROVIDER_STATISTICS = _weekly(
    "storage_provider_statistics_daily", sorts=("place",), filters=(_INTERVAL,)
)

# Compliance by week (§6.5, §6.6), alerts and corrected inputs.
ALLOCATOR_COMPLIANCE = _weekly(
    "allocator_compliance_weekly",
    sorts=("allocator", "total_datacap", "compliant_sps_percentage"),
    filters=(*SWITCHES, one_of("compliance_score", *SCORES, name="complianceScore")),
)
ALLOCATOR_COMPLIANCE_BY_THRESHOLD = _weekly(
    "allocator_compliance_by_threshold",
    filters=(*SWITCHES, one_of("compliance_score", *SCORES, name="complianceScore")),
)
ALLOCATOR_SPS_COMPLIANCE = _weekly("allocator_sps_compliance_weekly", filters=SWITCHES)
PROVIDER_COMPLIANCE = _weekly(
    "storage_provider_compliance_weekly",
    sorts=("provider", "compliance_score"),
    filters=(one_of("compliance_score", *SCORES, name="complianceScore"),),
)
PROVIDER_COMPLIANCE_BY_AVERAGE = _weekly(
    "provider_compliance_by_average",
    sorts=("provider", "total_deal_size"),
    filters=(*SWITCHES, one_of("compliance_score", *SCORES, name="complianceScore")),
)
COMPLIANCE_ALERTS = served(
    "compliance_alerts",
    scope=CDP,
    job="entity_report_job",
    sorts=("-since", "entity_type", "entity_id"),
    filters=(one_of("entity_type", "allocator", "client", "provider"),),
)
OVERRIDES_IN_FORCE = served(
    "overrides_in_force",
    scope=CDP,
    job="override_input_job",
    filters=(equal("entity_id"), equal("input_name"), equal("is_used")),
)

REPORT_ASSETS = tuple(value for value in list(globals().values()) if isinstance(value, Asset))
