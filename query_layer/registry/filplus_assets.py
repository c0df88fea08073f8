"""Entries of Filecoin Plus: deals, grants, allocators, clients, providers and their sources.

Scope: views over the tables of compliance.md §3; not here: reports, scores and compliance
(``query_layer.registry.report_assets``).
"""

from __future__ import annotations

from functools import partial

from query_layer.registry.asset import Asset
from query_layer.registry.catalogue import served
from query_layer.registry.filters import ACTOR_ID, between, contains, equal, one_of

CDP = "cdp:read"
POPULATIONS = ("all", "open_data", "registered", "edition_5", "edition_6")
DATA_TYPES = ("openData", "enterprise")

_hourly = partial(served, scope=CDP, job="filplus_hourly_job", counts_exactly=False)
_weekly = partial(served, scope=CDP, job="filplus_weekly_job")
_entity = partial(served, scope=CDP, job="filplus_entities_job")
_chain = partial(served, scope=CDP, job="dmob_sync_job")
_daily = partial(served, scope=CDP, job="filplus_daily_job")
_source = partial(served, scope=CDP, job="provider_sources_daily_job")
_registry = partial(served, scope=CDP, job="filplus_registries_job")

# Deals and grants by hour and week (§3.1 to §3.8).
UNIFIED_VERIFIED_DEAL_HOURLY = _hourly(
    "unified_verified_deal_hourly",
    order=("provider", "hour", "client"),
    sorts=("provider", "client"),
    filters=(between("hour"),),
)
CLIENT_CLAIMS_HOURLY = _hourly(
    "client_claims_hourly", order=("client", "hour"), filters=(between("hour"),)
)
CLIENT_PROVIDER_WEEKLY = _weekly(
    "client_provider_distribution_weekly",
    sorts=("client", "provider", "total_deal_size"),
    counts_exactly=False,
)
CLIENT_PROVIDER_WEEKLY_ACC = _weekly(
    "client_provider_distribution_weekly_acc",
    sorts=("client", "provider", "total_deal_size"),
    counts_exactly=False,
)
CLIENT_ALLOCATOR_WEEKLY = _weekly(
    "client_allocator_distribution_weekly",
    sorts=("client", "allocator", "sum_of_allocations"),
)
CLIENT_ALLOCATOR_WEEKLY_ACC = _weekly(
    "client_allocator_distribution_weekly_acc",
    sorts=("client", "allocator", "sum_of_allocations"),
)

# Providers and allocators by week (§3.9 to §3.11).
PROVIDERS_WEEKLY = _weekly(
    "providers_weekly", sorts=("provider", "total_deal_size", "num_of_clients")
)
PROVIDERS_WEEKLY_ACC = _weekly(
    "providers_weekly_acc",
    columns=(
        "week",
        "provider",
        "num_of_clients",
        "biggest_client_total_deal_size",
        "total_deal_size",
        "avg_retrievability_success_rate_url_finder",
    ),
    sorts=(
        "provider",
        "total_deal_size",
        "num_of_clients",
        "avg_retrievability_success_rate_url_finder",
    ),
)
ALLOCATORS_WEEKLY = _weekly(
    "allocators_weekly", sorts=("allocator", "total_sum_of_allocations", "num_of_clients")
)
ALLOCATORS_WEEKLY_ACC = _weekly(
    "allocators_weekly_acc", sorts=("allocator", "total_sum_of_allocations", "num_of_clients")
)
RETRIEVABILITY_AVERAGE_WEEKLY = _weekly("retrievability_average_weekly", is_series=True)
COMPLIANCE_HISTOGRAM_WEEKLY = _weekly(
    "compliance_histogram_weekly",
    is_series=True,
    filters=(
        one_of("subject", "providers", "allocators"),
        one_of("measure", "num_of_clients", "biggest_client_share", "retrievability"),
        one_of("population", *POPULATIONS),
        equal("is_running"),
    ),
)

# What is known of each actor (§3.3, §3.4, §3.12 to §3.17).
ALLOCATOR = _entity(
    "allocator",
    order=("allocator",),
    sorts=("allocator", "name", "created_at"),
    filters=(
        contains("allocator", "address", "name"),
        equal("is_metaallocator", name="isMetaallocator"),
        equal("is_virtual"),
        equal("is_multisig"),
        equal("is_removed"),
        between("created_at", names=("created_from", "created_to")),
    ),
)
CLIENT = _entity(
    "client",
    order=("client",),
    sorts=(
        "client",
        "name",
        "datacap_received",
        "datacap_remaining",
        "datacap_used_2_weeks",
        "datacap_used_90_days",
    ),
    filters=(contains("client", "name", "address"),),
)
PROVIDER = _entity(
    "provider",
    order=("provider",),
    sorts=(
        "provider",
        "total_deal_size",
        "num_of_deals",
        "num_of_clients",
        "first_deal_height",
        "last_deal_height",
    ),
)
PROVIDER_FIRST_CLIENT = _entity("provider_first_client", filters=(equal("first_client", ACTOR_ID),))
CLIENT_PROVIDER = _entity(
    "client_provider_distribution", sorts=("client", "provider", "total_deal_size")
)
CLIENT_REPLICAS = _entity("client_replica_distribution")
CID_SHARING = _entity("cid_sharing", sorts=("client", "other_client", "unique_cid_count"))
CLIENT_DATACAP_ALLOCATION = _entity(
    "client_datacap_allocation",
    sorts=("id", "timestamp", "allocation"),
    filters=(
        equal("client", ACTOR_ID),
        equal("allocator", ACTOR_ID),
        between("timestamp"),
    ),
)
OLD_DATACAP_ALLOCATORS = _entity("old_datacap_balance_nv22", sorts=("allocator", "old_dc_balance"))
OLD_DATACAP_CLIENTS = _entity("old_datacap_client_balance_nv22", sorts=("client", "old_dc_balance"))
OLD_DATACAP_ALLOCATORS_WEEKLY = _weekly(
    "old_datacap_balance_weekly", sorts=("allocator", "old_dc_balance", "allocations")
)
OLD_DATACAP_CLIENTS_WEEKLY = _weekly(
    "old_datacap_client_balance_weekly", sorts=("client", "old_dc_balance", "claims")
)

# Records of the chain as the source has them (§2.1).
CLAIM = _chain(
    "claim",
    sorts=("id", "created_at", "piece_size"),
    counts_exactly=False,
    filters=(
        equal("client", ACTOR_ID),
        equal("provider", ACTOR_ID),
        equal("is_ddo"),
        between("created_at"),
    ),
)
VERIFIER = _chain(
    "verifier",
    sorts=("id", "allowance", "initial_allowance", "created_at_height"),
    filters=(
        equal("allocator", ACTOR_ID),
        contains("allocator", "address", "name", "org_name"),
        equal("is_meta_allocator", name="isMetaallocator"),
        equal("removed"),
    ),
)
VERIFIER_ALLOWANCE = _chain(
    "verifier_allowance",
    sorts=("id", "height", "allowance", "message_created_at"),
    filters=(equal("allocator", ACTOR_ID), between("message_created_at")),
)
VERIFIED_CLIENT = _chain(
    "verified_client",
    sorts=("id", "used_datacap", "remaining_datacap", "initial_allowance", "name"),
    filters=(
        equal("allocator", ACTOR_ID),
        equal("client", ACTOR_ID),
        contains("client", "address", "name", "org_name"),
    ),
)

# What was observed each day (§3.19).
ALLOCATOR_CLIENT_STATS_DAILY = _daily("allocator_client_stats_daily", order=("date", "allocator"))
CLIENTS_STATS_DAILY = _daily("clients_stats_daily", is_series=True)
IPNI_REPORTING_DAILY = _source("ipni_reporting_daily", is_series=True)
PROVIDER_RETRIEVABILITY_DAILY = _source(
    "provider_retrievability_daily", sorts=("provider", "success_rate")
)
PROVIDER_URL_FINDER_DAILY = _daily(
    "provider_url_finder_retrievability_daily", sorts=("provider", "success_rate")
)
PROVIDER_FILSCAN_INFO = _source(
    "provider_filscan_info",
    sorts=("provider", "quality_adjust_power", "raw_power", "quality_power_rank"),
)
PROVIDER_IP_INFO = served(
    "provider_ip_info",
    scope=CDP,
    job="provider_sources_hourly_job",
    filters=(between("date"), equal("country", "[A-Z]{2}", example="DE")),
)
PROVIDER_IPNI_REPORTING = _source(
    "provider_ipni_reporting",
    filters=(one_of("ipni_reporting_status", "OK", "MISREPORTING", "NOT_REPORTING"),),
)
IPNI_PUBLISHER_ADVERTISEMENT = served(
    "ipni_publisher_advertisement",
    scope=CDP,
    job="ipni_crawl_job",
    counts_exactly=False,
    filters=(equal("publisher_id"), equal("is_rm")),
)
URL_FINDER_SNAPSHOT = _source(
    "storage_provider_url_finder_daily_snapshot",
    order=("snapshot_id",),
    counts_exactly=False,
)
URL_FINDER_METRIC = _source("storage_provider_url_finder_metric", order=("metric_id",))
URL_FINDER_METRIC_VALUE = _source("storage_provider_url_finder_metric_value", counts_exactly=False)

# The governance repository, the allocators' repositories, and files of edition 5 (§3.18).
ALLOCATOR_REGISTRY = _registry(
    "allocator_registry",
    sorts=("allocator", "approved_at"),
    filters=(
        contains("allocator", "allocator_address", "json_path"),
        equal("rejected"),
        one_of("data_type", *DATA_TYPES, name="dataType"),
    ),
)
ALLOCATOR_REGISTRY_ARCHIVE = _registry(
    "allocator_registry_archive",
    sorts=("allocator", "approved_at"),
    filters=(contains("allocator", "allocator_address", "json_path"), equal("rejected")),
)
ALLOCATOR_CLIENT_BOOKKEEPING = _registry(
    "allocator_client_bookkeeping",
    filters=(contains("client", "client_name", "client_address"), equal("is_public_dataset")),
)
EDITION5_AUDIT_STATES = _registry("edition5_audit_states")
EDITION5_AUDIT_TIMES = _registry("edition5_audit_times")
EDITION5_MONTHLY_OUTCOMES = _registry("edition5_monthly_outcomes")
EDITION5_PATHWAYS = _registry("edition5_pathways")

# Audits of both editions, grants up to each week, deals of each week (§7.2, §7.5).
ALLOCATOR_AUDITS = _registry(
    "allocator_audits", filters=(one_of("edition", "5", "6", name="editionId"),)
)
CUMULATIVE_ALLOCATIONS = _weekly("cumulative_allocations_weekly", is_series=True)
DEAL_TOTALS_WEEKLY = _weekly("deal_totals_weekly", is_series=True)

FILPLUS_ASSETS = tuple(value for value in list(globals().values()) if isinstance(value, Asset))
