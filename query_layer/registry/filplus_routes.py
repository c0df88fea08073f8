"""Addresses of allocators, clients and storage providers (query_layer.md §3)."""

from __future__ import annotations

from query_layer.registry import filplus_assets as filplus
from query_layer.registry import report_assets as reports
from query_layer.registry.filters import between, contains, equal, one_of
from query_layer.registry.route import Parent, actor, route

_ALLOCATOR = actor("allocator_id", "allocator")
_CLIENT = actor("client_id", "client")
_PROVIDER = actor("provider_id", "provider", "storage provider")
_OF_ALLOCATOR = (Parent("api_v1.allocator", (("allocator", "allocator_id"),)),)
_OF_CLIENT = (Parent("api_v1.client", (("client", "client_id"),)),)
_OF_PROVIDER = (Parent("api_v1.provider", (("provider", "provider_id"),)),)
_THRESHOLD = reports.ALLOCATOR_COMPLIANCE_BY_THRESHOLD

FILPLUS_ROUTES = (
    # Allocators.
    route("/v1/allocators", filplus.ALLOCATOR, "Allocators."),
    route(
        "/v1/allocators/compliance-data",
        _THRESHOLD,
        "Allocators of a week with the class that each threshold gives their providers.",
    ),
    route("/v1/allocators/latest-scores", reports.LATEST_SCORES, "Newest score of each allocator."),
    route(
        "/v1/allocators/scores-summary-by-metric",
        reports.SCORES_SUMMARY,
        "Allocators by group of score, for each component and week or month.",
    ),
    route(
        "/v1/allocators/statistics",
        reports.ALLOCATOR_STATISTICS,
        "Statistics of allocators of a day, each with its value one interval before.",
    ),
    route(
        "/v1/allocators/audit-states",
        filplus.ALLOCATOR_AUDITS,
        "Audits of allocators, in the order in which they ended.",
    ),
    route(
        "/v1/allocators/cumulative-allocations-history",
        filplus.CUMULATIVE_ALLOCATIONS,
        "Bytes granted up to each week.",
    ),
    route(
        "/v1/clients/statistics",
        reports.CLIENT_STATISTICS,
        "Statistics of clients of a day, each with its value one interval before.",
    ),
    route(
        "/v1/storage-providers/statistics",
        reports.PROVIDER_STATISTICS,
        "Statistics of storage providers of a day, each with its value one interval before.",
    ),
    route(
        "/v1/allocators/dashboard-shares",
        reports.DASHBOARD_SHARES,
        "Shares of compliant and non-compliant allocators by cutoff day.",
    ),
    route(
        "/v1/allocators/registry",
        filplus.ALLOCATOR_REGISTRY,
        "Allocators as the registry has them.",
    ),
    route(
        "/v1/allocators/registry-archive",
        filplus.ALLOCATOR_REGISTRY_ARCHIVE,
        "Allocators as the archive of edition 5 has them.",
    ),
    route(
        "/v1/allocators/edition-5/audit-states",
        filplus.EDITION5_AUDIT_STATES,
        "Audits of the allocators of edition 5.",
    ),
    route(
        "/v1/allocators/edition-5/audit-times-by-round",
        filplus.EDITION5_AUDIT_TIMES,
        "Mean durations of the rounds of audits of edition 5.",
    ),
    route(
        "/v1/allocators/edition-5/audit-outcomes",
        filplus.EDITION5_MONTHLY_OUTCOMES,
        "Outcomes of the audits of edition 5 by month.",
    ),
    route(
        "/v1/allocators/edition-5/pathways",
        filplus.EDITION5_PATHWAYS,
        "Pathways of the allocators of edition 5.",
    ),
    route(
        "/v1/allocators/{allocator_id}",
        filplus.ALLOCATOR,
        "One allocator.",
        parameters=(_ALLOCATOR,),
        single=True,
    ),
    route(
        "/v1/allocators/{allocator_id}/weekly",
        filplus.ALLOCATORS_WEEKLY_ACC,
        "Totals of one allocator up to the end of each week.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
        all_partitions=True,
        sorts=("-week",),
        more=between("week"),
    ),
    route(
        "/v1/allocators/{allocator_id}/clients",
        filplus.CLIENT_ALLOCATOR_WEEKLY_ACC,
        "Clients of one allocator with what it granted them up to the end of a week.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
        sorts=("client", "sum_of_allocations"),
    ),
    route(
        "/v1/allocators/{allocator_id}/allocations",
        filplus.CLIENT_DATACAP_ALLOCATION,
        "Grants of one allocator, newest first.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
        sorts=("-timestamp", "allocation"),
    ),
    route(
        "/v1/allocators/{allocator_id}/verified-clients",
        filplus.VERIFIED_CLIENT,
        "Clients of one allocator with what it granted them and what is left.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
    ),
    route(
        "/v1/allocators/{allocator_id}/allowances",
        filplus.VERIFIER_ALLOWANCE,
        "Grants of datacap to one allocator, newest first.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
        sorts=("-height", "allowance", "message_created_at"),
    ),
    route(
        "/v1/allocators/{allocator_id}/chain-record",
        filplus.VERIFIER,
        "One allocator as the chain's source has it, with its allowances.",
        parameters=(_ALLOCATOR,),
        single=True,
    ),
    route(
        "/v1/allocators/{allocator_id}/bookkeeping",
        filplus.ALLOCATOR_CLIENT_BOOKKEEPING,
        "Applications of clients in the repository of one allocator, without personal data.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
        sorts=("client",),
    ),
    route(
        "/v1/allocators/{allocator_id}/scores",
        reports.ALLOCATOR_SCORE_WEEKLY,
        "Scores of one allocator by component and week.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
        all_partitions=True,
        sorts=("-week", "metric"),
        more=between("week"),
    ),
    # Clients.
    route("/v1/clients", filplus.CLIENT, "Clients with an allowance."),
    route(
        "/v1/clients/{client_id}",
        filplus.CLIENT,
        "One client.",
        parameters=(_CLIENT,),
        single=True,
    ),
    route(
        "/v1/clients/{client_id}/deals",
        filplus.CLAIM,
        "Claims and deals of one client, newest first.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
        sorts=("-created_at",),
        more=(contains("provider", "piece_cid"),),
    ),
    route(
        "/v1/clients/{client_id}/providers",
        filplus.CLIENT_PROVIDER,
        "Providers that hold data of one client, the largest first.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
        sorts=("-total_deal_size", "provider"),
    ),
    route(
        "/v1/clients/{client_id}/datacap-allocations",
        filplus.CLIENT_DATACAP_ALLOCATION,
        "Grants to one client, oldest first.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
        sorts=("timestamp", "allocation"),
    ),
    route(
        "/v1/clients/{client_id}/replicas",
        filplus.CLIENT_REPLICAS,
        "Data of one client by number of replicas.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
    ),
    route(
        "/v1/clients/{client_id}/cid-sharing",
        filplus.CID_SHARING,
        "Clients that store the same pieces as one client.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
        sorts=("other_client", "unique_cid_count"),
    ),
    route(
        "/v1/clients/{client_id}/weekly",
        filplus.CLIENT_PROVIDER_WEEKLY,
        "Deals of one client by week and provider.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
        all_partitions=True,
        sorts=("-week", "provider", "total_deal_size"),
        more=between("week"),
    ),
    # Storage providers.
    route(
        "/v1/storage-providers",
        filplus.PROVIDERS_WEEKLY_ACC,
        "Storage providers with their total deals up to the end of a week.",
    ),
    route(
        "/v1/storage-providers/compliance-data",
        reports.PROVIDER_COMPLIANCE_BY_AVERAGE,
        "Storage providers of a week with their class.",
        more=(
            one_of(
                "average_of",
                "all",
                "open_data",
                "open_data_edition_5",
                "open_data_edition_6",
                name="averageOf",
            ),
        ),
    ),
    route(
        "/v1/storage-providers/ip-info",
        filplus.PROVIDER_IP_INFO,
        "Locations of storage providers, the newest look-up first.",
        sorts=("-date", "provider"),
    ),
    route(
        "/v1/storage-providers/filscan-info",
        filplus.PROVIDER_FILSCAN_INFO,
        "Accounts of storage providers of a day.",
    ),
    route(
        "/v1/storage-providers/ipni",
        filplus.PROVIDER_IPNI_REPORTING,
        "What storage providers report to the network indexer.",
        more=(contains("provider", "peer_id"),),
    ),
    route(
        "/v1/storage-providers/{provider_id}",
        filplus.PROVIDER,
        "One storage provider.",
        parameters=(_PROVIDER,),
        single=True,
    ),
    route(
        "/v1/storage-providers/{provider_id}/weekly",
        filplus.PROVIDERS_WEEKLY_ACC,
        "Totals of one storage provider up to the end of each week.",
        parameters=(_PROVIDER,),
        parents=_OF_PROVIDER,
        all_partitions=True,
        sorts=("-week",),
        more=(*between("week"), equal("week")),
    ),
    route(
        "/v1/storage-providers/{provider_id}/retrievability",
        filplus.PROVIDER_URL_FINDER_DAILY,
        "Retrievability of one storage provider by day.",
        parameters=(_PROVIDER,),
        parents=_OF_PROVIDER,
        all_partitions=True,
        sorts=("-date", "success_rate"),
        more=between("date"),
    ),
    route(
        "/v1/storage-providers/{provider_id}/clients",
        filplus.CLIENT_PROVIDER,
        "Clients with data at one storage provider, the largest first.",
        parameters=(_PROVIDER,),
        parents=_OF_PROVIDER,
        sorts=("-total_deal_size", "client"),
        more=(contains("client"),),
    ),
    route(
        "/v1/storage-providers/{provider_id}/compliance",
        reports.PROVIDER_COMPLIANCE_BY_AVERAGE,
        "Class of one storage provider by week.",
        parameters=(_PROVIDER,),
        parents=_OF_PROVIDER,
        all_partitions=True,
        sorts=("-week",),
        more=between("week"),
    ),
)
