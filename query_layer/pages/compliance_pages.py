"""Pages of Filecoin Plus: allocators, storage providers, clients, compliance, scores.

Scope: which routes these pages show; a route without an entry here has a plain page
(``query_layer.pages.site``).
"""

from __future__ import annotations

from query_layer.pages.page import Page
from query_layer.pages.parts import chart, record, table

_ALLOCATOR = "/v1/allocators/{allocator_id}"
_CLIENT = "/v1/clients/{client_id}"
_PROVIDER = "/v1/storage-providers/{provider_id}"
_COMPLIANCE_TEXT = (
    "Each switch takes one test of the storage providers as passed; the classes are those that the "
    "remaining tests give. How a class follows from them: a provider that passes all tests is "
    "compliant, one that passes some is partially compliant, one that passes none is not."
)

COMPLIANCE_PAGES = (
    Page(
        "/allocators",
        "Allocators",
        (
            table(
                "/v1/allocators",
                "Allocators",
                columns=(
                    "allocator",
                    "name",
                    "address",
                    "is_metaallocator",
                    "is_virtual",
                    "is_removed",
                    "created_at",
                ),
            ),
            chart(
                "/v1/allocators/cumulative-allocations-history",
                "Datacap granted up to each week",
                x="week",
                series=("cumulative_total",),
            ),
        ),
    ),
    Page(
        "/allocators/{allocator_id}",
        "Allocator {allocator_id}",
        (
            record(_ALLOCATOR, "Allocator"),
            chart(
                f"{_ALLOCATOR}/weekly",
                "Bytes granted up to each week",
                x="week",
                series=("total_sum_of_allocations", "biggest_client_sum_of_allocations"),
            ),
            chart(
                f"{_ALLOCATOR}/weekly",
                "Retrievability of its providers by week",
                x="week",
                series=(
                    "avg_weighted_retrievability_success_rate_url_finder",
                    "avg_weighted_retrievability_success_rate_http",
                ),
            ),
            table(f"{_ALLOCATOR}/verified-clients", "Clients"),
            table(f"{_ALLOCATOR}/allocations", "Newest grants"),
            table(f"{_ALLOCATOR}/scores", "Newest scores by component"),
            table(
                "/v1/assets/allocator_score_explained/rows",
                "How the newest scores came about",
                given=(("allocator", "{allocator_id}"), ("sort", "-report_day")),
                columns=(
                    "report_day",
                    "component",
                    "state",
                    "raw_value",
                    "sample_size",
                    "range_min",
                    "range_max",
                    "base_points",
                    "weight",
                    "points",
                    "largest_points",
                    "allocator",
                    "allocator_report_id",
                ),
            ),
            table(
                "/v1/reports/allocators/{allocator_id}",
                "Reports",
                columns=("create_date", "allocator", "allocator_report_id", "clients_number"),
            ),
        ),
    ),
    Page(
        "/reports/allocators/{allocator_id}/{report_id}",
        "Report of {allocator_id}",
        (
            record("/v1/reports/allocators/{allocator_id}/{report_id}", "Report"),
            table(
                "/v1/reports/allocators/{allocator_id}/{report_id}/explanation",
                "How the score came about",
                columns=(
                    "component",
                    "state",
                    "raw_value",
                    "sample_size",
                    "range_min",
                    "range_max",
                    "base_points",
                    "weight",
                    "points",
                    "largest_points",
                    "peers_average",
                ),
                limit=100,
            ),
            table("/v1/reports/allocators/{allocator_id}/{report_id}/checks", "Checks", limit=100),
            table("/v1/reports/allocators/{allocator_id}/{report_id}/clients", "Clients"),
            table(
                "/v1/reports/allocators/{allocator_id}/{report_id}/storage-providers",
                "Storage providers",
            ),
        ),
    ),
    Page(
        "/storage-providers",
        "Storage providers",
        (
            table("/v1/storage-providers", "Totals up to the end of a week"),
            chart(
                "/v1/assets/deal_totals_weekly/rows",
                "Bytes of new deals by week",
                x="week",
                series=("total_deal_size", "total_ddo_deal_size"),
                sort="-week",
            ),
        ),
    ),
    Page(
        "/storage-providers/{provider_id}",
        "Storage provider {provider_id}",
        (
            record(_PROVIDER, "Storage provider"),
            chart(
                f"{_PROVIDER}/weekly",
                "Bytes of deals up to each week",
                x="week",
                series=("total_deal_size", "biggest_client_total_deal_size"),
            ),
            chart(
                f"{_PROVIDER}/weekly",
                "Retrievability by week",
                x="week",
                series=(
                    "avg_retrievability_success_rate_url_finder",
                    "avg_retrievability_success_rate_http",
                ),
            ),
            table(f"{_PROVIDER}/clients", "Clients"),
            table(f"{_PROVIDER}/retrievability", "Newest tests of retrieval"),
            table(f"{_PROVIDER}/compliance", "Compliance by week"),
        ),
    ),
    Page(
        "/clients",
        "Clients",
        (
            table(
                "/v1/clients",
                "Clients",
                columns=(
                    "client",
                    "name",
                    "address",
                    "datacap_received",
                    "datacap_remaining",
                    "datacap_used_2_weeks",
                    "datacap_used_90_days",
                ),
            ),
            chart(
                "/v1/stats/clients/daily",
                "Clients by day",
                x="date",
                series=("clients_with_active_deals", "clients_who_have_dc_and_deals"),
            ),
        ),
    ),
    Page(
        "/clients/{client_id}",
        "Client {client_id}",
        (
            record(_CLIENT, "Client"),
            table(f"{_CLIENT}/providers", "Storage providers"),
            table(f"{_CLIENT}/datacap-allocations", "Grants"),
            table(f"{_CLIENT}/weekly", "Deals by week and provider"),
            table(f"{_CLIENT}/replicas", "Replicas"),
            table(f"{_CLIENT}/cid-sharing", "Data shared with other clients"),
            table(
                "/v1/reports/clients/{client_id}",
                "Reports",
                columns=("create_date", "client", "client_report_id"),
            ),
        ),
    ),
    Page(
        "/compliance",
        "Compliance of allocators by week",
        (
            table(
                "/v1/allocators/compliance-data",
                "Allocators of a week",
                columns=(
                    "allocator",
                    "average_of",
                    "check_retrievability",
                    "check_number_of_clients",
                    "check_total_deal_size",
                    "total_datacap",
                    "total_sps",
                    "compliant_sps_percentage",
                    "partially_compliant_sps_percentage",
                    "non_compliant_sps_percentage",
                    "compliance_score",
                ),
            ),
            chart(
                "/v1/allocators/dashboard-shares",
                "Shares of allocators by cutoff day",
                x="cutoff_day",
                series=("compliant_share", "non_compliant_share"),
            ),
        ),
        text=_COMPLIANCE_TEXT,
    ),
    Page(
        "/compliance/storage-providers",
        "Compliance of storage providers by week",
        (
            table("/v1/storage-providers/compliance-data", "Storage providers of a week"),
            chart(
                "/v1/stats/acc/providers/average-retrievability",
                "Mean retrievability of all providers by week",
                x="week",
                series=("average_retrievability",),
                given=(("average_of", "all"),),
            ),
        ),
        text=_COMPLIANCE_TEXT,
    ),
    Page(
        "/scores",
        "Scores of allocators",
        (
            table(
                "/v1/allocators/latest-scores",
                "Newest score of each allocator",
                columns=(
                    "position",
                    "allocator",
                    "allocator_name",
                    "data_type",
                    "total_score",
                    "max_possible_score",
                    "total_score_percentage",
                    "week_ago_total_score_percentage",
                    "month_ago_total_score_percentage",
                    "total_datacap",
                ),
            ),
        ),
        text=(
            "A report of an allocator shows how each of its components came about: value, range "
            "that was hit, points, weight and what its peers have."
        ),
    ),
)
