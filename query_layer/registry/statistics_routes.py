"""Addresses of statistics over time (query_layer.md §3, compliance.md §7.8)."""

from __future__ import annotations

from query_layer.registry import filplus_assets as filplus
from query_layer.registry import report_assets as reports
from query_layer.registry.asset import Asset
from query_layer.registry.filters import between
from query_layer.registry.route import Route, route

_HISTOGRAM = filplus.COMPLIANCE_HISTOGRAM_WEEKLY
_BUCKETS = ("-week", "value_to_inclusive", "population")


def _histogram(path: str, subject: str, measure: str, title: str) -> Route:
    return route(
        path,
        _HISTOGRAM,
        title,
        where=(("subject", subject), ("measure", measure)),
        filters=tuple(
            f for f in _HISTOGRAM.filters if f.columns not in (("subject",), ("measure",))
        ),
        sorts=_BUCKETS,
    )


def _weeks(path: str, asset: Asset, title: str, *sorts: str) -> Route:
    return route(
        path, asset, title, all_partitions=True, sorts=("-week", *sorts), more=between("week")
    )


STATISTICS_ROUTES = (
    _histogram(
        "/v1/stats/acc/allocators/clients",
        "allocators",
        "num_of_clients",
        "Allocators of each week by number of clients.",
    ),
    _histogram(
        "/v1/stats/acc/allocators/biggest-client-distribution",
        "allocators",
        "biggest_client_share",
        "Allocators of each week by the share of their biggest client.",
    ),
    _histogram(
        "/v1/stats/acc/allocators/retrievability",
        "allocators",
        "retrievability",
        "Allocators of each week by the retrievability of their providers.",
    ),
    _weeks(
        "/v1/stats/acc/allocators/sps-compliance",
        reports.ALLOCATOR_SPS_COMPLIANCE,
        "Allocators of each week with the classes of their providers.",
        "allocator",
    ),
    _histogram(
        "/v1/stats/acc/providers/clients",
        "providers",
        "num_of_clients",
        "Storage providers of each week by number of clients.",
    ),
    _histogram(
        "/v1/stats/acc/providers/biggest-client-distribution",
        "providers",
        "biggest_client_share",
        "Storage providers of each week by the share of their biggest client.",
    ),
    _histogram(
        "/v1/stats/acc/providers/retrievability",
        "providers",
        "retrievability",
        "Storage providers of each week by retrievability.",
    ),
    _weeks(
        "/v1/stats/acc/providers/compliance-data",
        reports.PROVIDER_COMPLIANCE_BY_AVERAGE,
        "Storage providers of each week with their class.",
        "provider",
    ),
    route(
        "/v1/stats/acc/providers/average-retrievability",
        filplus.RETRIEVABILITY_AVERAGE_WEEKLY,
        "Mean retrievability of each week.",
        sorts=("-week",),
    ),
    route(
        "/v1/stats/acc/providers/aggregated-ipni-status-weekly",
        filplus.IPNI_REPORTING_DAILY,
        "Storage providers by what they report to the network indexer, by day.",
        sorts=("-date",),
    ),
    route(
        "/v1/stats/clients/daily",
        filplus.CLIENTS_STATS_DAILY,
        "Clients with active deals and their remaining datacap by day.",
        sorts=("-date",),
    ),
    route(
        "/v1/stats/allocators/daily",
        filplus.ALLOCATOR_CLIENT_STATS_DAILY,
        "Clients of each allocator by day.",
        all_partitions=True,
        sorts=("-date", "allocator"),
        more=between("date"),
    ),
    _weeks(
        "/v1/stats/old-datacap/allocator-balance",
        filplus.OLD_DATACAP_ALLOCATORS_WEEKLY,
        "Datacap of allocators from before the program's start, by week.",
        "allocator",
        "old_dc_balance",
    ),
    _weeks(
        "/v1/stats/old-datacap/client-balance",
        filplus.OLD_DATACAP_CLIENTS_WEEKLY,
        "Datacap of clients from before the program's start, by week.",
        "client",
        "old_dc_balance",
    ),
)
