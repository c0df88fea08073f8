"""The live platform's addresses (compliance.md §7.2 to §7.8)."""

from __future__ import annotations

from query_layer.compat.route import CompatRoute, Given

_DATA_TYPE = Given("dataType", "choice", choices=("openData", "enterprise"))
_EDITION = Given("editionId", "edition")
_FILTER = Given("filter")
_WEEK = Given("week", "day")
_INTERVAL = Given("interval", "choice", "day", ("day", "week", "month"))
_GROUP_BY = Given("groupBy", "choice", "week", ("week", "month"))
_SWITCHES = (
    Given("urlFinderRetrievability", "flag", default=True),
    Given("numberOfClients", "flag", default=True),
    Given("totalDealSize", "flag", default=True),
)
_SCORE = Given(
    "complianceScore", "choice", choices=("compliant", "partiallyCompliant", "nonCompliant")
)
_PAGES = tuple(
    Given(f"{part}Pagination{name}", "positive")
    for part in ("client", "provider")
    for name in ("Page", "Limit")
)


def _array(
    path: str, name: str, title: str, *order: str, given: tuple[Given, ...] = ()
) -> CompatRoute:
    return CompatRoute(f"/compat{path}", name, title, order, given=given)


def _results(path: str, name: str, title: str, *given: Given, order: str = "week") -> CompatRoute:
    return CompatRoute(f"/compat{path}", name, title, (order,), rows_key="results", given=given)


def _single(path: str, name: str, title: str, *given: Given, order: str = "place") -> CompatRoute:
    hidden = (order.removeprefix("-"),) if order in ("place", "edition", "-day") else ()
    return CompatRoute(
        f"/compat{path}", name, title, (order,), is_single=True, given=given, hidden=hidden
    )


ALLOCATORS = (
    CompatRoute(
        "/compat/allocators",
        "allocators/allocators",
        "Allocators.",
        ("addressId",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        given=(
            Given("showInactive", "flag", default=True),
            Given("isMetaallocator", "flag"),
            _FILTER,
            Given("usingMetaallocator"),
            _DATA_TYPE,
            _EDITION,
        ),
        refused=(4,),
    ),
    CompatRoute(
        "/compat/allocators/compliance-data",
        "allocators/allocators_compliance",
        "Allocators of a week with the class that a threshold gives them.",
        ("addressId",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        given=(
            Given("complianceThresholdPercentage", "number", is_required=True),
            _WEEK,
            *_SWITCHES,
            _FILTER,
            Given("usingMetaallocator"),
            _EDITION,
            _SCORE,
        ),
    ),
    _array(
        "/allocators/latest-scores",
        "allocators/latest_scores",
        "Newest score of each allocator.",
        "allocatorId",
        given=(_DATA_TYPE,),
    ),
    _array(
        "/allocators/scores-summary-by-metric",
        "allocators/scores_summary",
        "Allocators by group of score, for each component and week or month.",
        "metric",
        given=(
            _GROUP_BY,
            _DATA_TYPE,
            Given("mediumScoreThreshold", "number", default=30),
            Given("highScoreThreshold", "number", default=75),
            Given("includeDetails", "flag", default=False),
        ),
    ),
    _array(
        "/allocators/audit-states",
        "allocators/audit_states",
        "Audits of each allocator of an edition.",
        "allocatorId",
        given=(_EDITION,),
    ),
    _single(
        "/allocators/audit-times-by-round",
        "allocators/audit_times_by_round",
        "Mean durations of the rounds of audits.",
        _EDITION,
        order="edition",
    ),
    _array(
        "/allocators/audit-times-by-month",
        "allocators/audit_times_by_month",
        "Mean durations of audits by the month in which they ended.",
        "month",
        given=(_EDITION,),
    ),
    _array(
        "/allocators/audit-outcomes",
        "allocators/audit_outcomes",
        "Outcomes of audits by month, in number and in PiB.",
        "month",
        given=(_EDITION,),
    ),
    CompatRoute(
        "/compat/allocators/dc-flow",
        "allocators/dc_flow",
        "Datacap that allocators had received up to a day.",
        ("allocatorId",),
        rows_key="data",
        given=(Given("cutoffDate", "day"),),
    ),
    CompatRoute(
        "/compat/allocators/statistics",
        "allocators/allocator_statistics",
        "Statistics of allocators with their change over an interval.",
        ("place",),
        given=(_INTERVAL,),
        hidden=("place",),
    ),
    CompatRoute(
        "/compat/allocators/datacap-usage-info",
        "allocators/datacap_usage",
        "Datacap that allocators used and have left.",
        ("place",),
        is_single=True,
        hidden=("place",),
    ),
    _array(
        "/allocators/cumulative-allocations-history",
        "allocators/cumulative_allocations",
        "Bytes granted up to each week.",
        "year",
        "week",
    ),
    _array(
        "/allocators/allocations-by-allocator-history",
        "allocators/allocations_by_allocator",
        "Bytes that each allocator granted in each week.",
        "year",
        "week",
        "allocatorId",
    ),
    CompatRoute(
        "/compat/allocators/{allocatorId}/verified-clients",
        "allocators/verified_clients",
        "Clients of one allocator with what it granted them and what is left.",
        ("id",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        hidden=("id",),
    ),
    _array(
        "/allocators/{allocatorId}/allocations",
        "allocators/allocator_allocations",
        "Grants of one allocator up to each week or month.",
        "date",
        given=(
            _GROUP_BY,
            Given("showEmptyPeriods", "flag", default=False),
            Given("showAllocations", "flag", default=False),
        ),
    ),
)

REPORTS = (
    _array(
        "/allocator-report/{allocator}",
        "reports/allocator_reports",
        "Reports of one allocator, newest first.",
        "-create_date",
        "-id",
    ),
    _single(
        "/allocator-report/{allocator}/latest",
        "reports/allocator_report_latest",
        "Newest report of one allocator.",
        *_PAGES,
        order="id",
    ),
    _single(
        "/allocator-report/{allocator}/{id}",
        "reports/allocator_report_one",
        "One report of one allocator.",
        *_PAGES,
        order="id",
    ),
    _array(
        "/client-report/{client}",
        "reports/client_reports",
        "Reports of one client, newest first.",
        "-create_date",
        "-id",
    ),
    _single(
        "/client-report/{client}/latest",
        "reports/client_report_latest",
        "Newest report of one client.",
        order="id",
    ),
    _single(
        "/client-report/{client}/{id}",
        "reports/client_report_one",
        "One report of one client.",
        order="id",
    ),
)

_CLAIMS = tuple(
    CompatRoute(
        f"/compat/clients/{{clientId}}/{name}",
        "clients/latest_claims",
        "Claims and deals of one client, newest first.",
        ("-createdAt", "-id"),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        sorts=("createdAt",),
        given=(_FILTER,),
        default_order="desc",
    )
    for name in ("latest-claims", "deals")
)
CLIENTS = (
    CompatRoute(
        "/compat/clients",
        "clients/clients",
        "Clients with an allowance.",
        ("id",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        sorts=(
            "id",
            "name",
            "address",
            "datacapReceived",
            "datacapRemaining",
            "datacapUsed2Weeks",
            "datacapUsed90Days",
        ),
        given=(_FILTER,),
    ),
    CompatRoute(
        "/compat/clients/statistics",
        "clients/client_statistics",
        "Statistics of clients with their change over an interval.",
        ("place",),
        given=(_INTERVAL,),
        hidden=("place",),
    ),
    _single("/clients/{clientId}", "clients/client", "One client.", order="id"),
    CompatRoute(
        "/compat/clients/{clientId}/datacap-allocations",
        "clients/datacap_allocations",
        "Grants to one client, oldest first.",
        ("timestamp", "id"),
        hidden=("id",),
    ),
    CompatRoute(
        "/compat/clients/{client}/providers",
        "clients/client_providers",
        "Providers that hold data of one client, the largest first.",
        ("-total_deal_size", "provider"),
        rows_key="stats",
    ),
    *_CLAIMS,
)

PROVIDERS = (
    CompatRoute(
        "/compat/storage-providers",
        "providers/storage_providers",
        "Storage providers.",
        ("provider",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        given=(Given("provider"),),
    ),
    CompatRoute(
        "/compat/storage-providers/compliance-data",
        "providers/storage_providers_compliance",
        "Storage providers of a week with their class.",
        ("provider",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        given=(_WEEK, *_SWITCHES, _SCORE, Given("provider")),
    ),
    _array(
        "/storage-providers/ip-info",
        "providers/ip_info",
        "Newest location of each provider.",
        "provider",
    ),
    _single(
        "/storage-providers/filscan-info",
        "providers/filscan_info",
        "Newest account of one provider.",
        Given("provider", is_required=True),
        order="date",
    ),
    CompatRoute(
        "/compat/storage-providers/statistics",
        "providers/provider_statistics",
        "Statistics of storage providers with their change over an interval.",
        ("place",),
        given=(_INTERVAL,),
        hidden=("place",),
    ),
    _single(
        "/storage-providers/average-sli-data",
        "providers/average_sli",
        "Means of the last 30 days of some providers.",
        Given("storageProvidersIds", "list", is_required=True),
    ),
    CompatRoute(
        "/compat/storage-providers/{providerId}/clients",
        "providers/provider_clients",
        "Clients with data at one storage provider.",
        ("clientId",),
        rows_key="data",
        is_paged=True,
        is_sorted=True,
        sorts=("clientId", "clientName", "totalDealsSize", "dealsCount", "lastDealDate"),
        given=(_FILTER,),
    ),
)

REPORT_CHECKS = (
    _array(
        "/report-checks/allocator/weekly",
        "checks/report_checks_weekly",
        "Checks passed and failed by week, newest first.",
        "-week",
    ),
    CompatRoute(
        "/compat/report-checks/allocator/daily",
        "checks/report_checks_daily",
        "Checks passed and failed by day of a week, newest first.",
        ("-day",),
        rows_key="results",
        given=(_WEEK,),
    ),
    CompatRoute(
        "/compat/report-checks/allocator/details",
        "checks/report_checks_details",
        "Checks passed and failed by allocator on a day, with those that failed.",
        ("allocatorId",),
        rows_key="results",
        given=(Given("day", "day"),),
    ),
    CompatRoute(
        "/compat/report-checks/allocator/summary-by-check",
        "checks/report_checks_summary",
        "Allocators that passed and failed each check by week or month.",
        ("check", "checkName"),
        given=(_GROUP_BY,),
    ),
)

_OPEN_DATA = Given("openDataOnly", "flag", default=False)
STATISTICS = (
    _results(
        "/stats/acc/allocators/clients",
        "statistics/hist_allocators_clients",
        "Allocators of each week by number of clients.",
        _EDITION,
    ),
    _results(
        "/stats/acc/allocators/biggest-client-distribution",
        "statistics/hist_allocators_biggest",
        "Allocators of each week by the share of their biggest client.",
        _EDITION,
    ),
    CompatRoute(
        "/compat/stats/acc/allocators/retrievability",
        "statistics/hist_allocators_retrievability",
        "Allocators of each week by the retrievability of their providers.",
        ("place",),
        is_single=True,
        given=(_EDITION, _OPEN_DATA),
        hidden=("place",),
        excludes=(("openDataOnly", True, "editionId", 5),),
    ),
    _results(
        "/stats/acc/allocators/sps-compliance",
        "statistics/sps_compliance",
        "Allocators of each week with the classes of their providers.",
        _EDITION,
        *_SWITCHES,
    ),
    _results(
        "/stats/acc/providers/clients",
        "statistics/hist_providers_clients",
        "Storage providers of each week by number of clients.",
        _EDITION,
    ),
    _results(
        "/stats/acc/providers/biggest-client-distribution",
        "statistics/hist_providers_biggest",
        "Storage providers of each week by the share of their biggest client.",
        _EDITION,
    ),
    CompatRoute(
        "/compat/stats/acc/providers/retrievability",
        "statistics/hist_providers_retrievability",
        "Storage providers of each week by retrievability.",
        ("place",),
        is_single=True,
        given=(
            _EDITION,
            _OPEN_DATA,
            Given("retrievabilityType", "choice", "RPA", ("RPA",)),
        ),
        hidden=("place",),
    ),
    _results(
        "/stats/acc/providers/compliance-data",
        "statistics/providers_compliance",
        "Storage providers of each week by class.",
        _EDITION,
        *_SWITCHES,
    ),
    _single(
        "/stats/acc/providers/aggregated-ipni-status",
        "statistics/ipni_newest",
        "Storage providers by what they report to the network indexer, newest day.",
        order="-day",
    ),
    _results(
        "/stats/acc/providers/aggregated-ipni-status-weekly",
        "statistics/ipni_weekly",
        "Storage providers by what they report to the network indexer, last day of each week.",
        _EDITION,
    ),
    _results(
        "/stats/old-datacap/allocator-balance",
        "old_datacap/allocators",
        "Datacap of allocators from before the program's start, by week.",
    ),
    _results(
        "/stats/old-datacap/client-balance",
        "old_datacap/clients",
        "Datacap of clients from before the program's start, by week.",
    ),
)

COMPAT_ROUTES: tuple[CompatRoute, ...] = (
    *ALLOCATORS,
    *REPORTS,
    *CLIENTS,
    *PROVIDERS,
    *REPORT_CHECKS,
    *STATISTICS,
)
