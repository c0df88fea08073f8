"""Addresses of reports, their parts and their checks (query_layer.md §3)."""

from __future__ import annotations

from query_layer.registry import report_assets as reports
from query_layer.registry.asset import Asset
from query_layer.registry.route import Parent, PathParameter, Route, actor, identifier, route

_ALLOCATOR = actor("allocator_id", "allocator")
_CLIENT = actor("client_id", "client")
_ALLOCATOR_REPORT = identifier("report_id", "allocator_report_id")
_CLIENT_REPORT = PathParameter(
    "report_id", "client_report_id", "[0-9]{1,18}", "Number of the report.", "1"
)
_OF_ALLOCATOR = (Parent("api_v1.allocator", (("allocator", "allocator_id"),)),)
_OF_CLIENT = (Parent("api_v1.client", (("client", "client_id"),)),)
_OF_ALLOCATOR_REPORT = (
    Parent(
        "api_v1.allocator_report",
        (("allocator", "allocator_id"), ("allocator_report_id", "report_id")),
    ),
)
_OF_CLIENT_REPORT = (
    Parent("api_v1.client_report", (("client", "client_id"), ("client_report_id", "report_id"))),
)


def _allocator_part(name: str, asset: Asset, title: str) -> Route:
    return route(
        f"/v1/reports/allocators/{{allocator_id}}/{{report_id}}/{name}",
        asset,
        title,
        parameters=(actor("allocator_id", ""), _ALLOCATOR_REPORT),
        parents=_OF_ALLOCATOR_REPORT,
    )


def _client_part(name: str, asset: Asset, title: str) -> Route:
    return route(
        f"/v1/reports/clients/{{client_id}}/{{report_id}}/{name}",
        asset,
        title,
        parameters=(actor("client_id", ""), _CLIENT_REPORT),
        parents=_OF_CLIENT_REPORT,
    )


REPORT_ROUTES = (
    # Of allocators.
    route(
        "/v1/reports/allocators/{allocator_id}",
        reports.ALLOCATOR_REPORT,
        "Reports of one allocator, newest first.",
        parameters=(_ALLOCATOR,),
        parents=_OF_ALLOCATOR,
    ),
    route(
        "/v1/reports/allocators/{allocator_id}/latest",
        reports.ALLOCATOR_REPORT,
        "The newest report of one allocator.",
        parameters=(_ALLOCATOR,),
        single=True,
    ),
    route(
        "/v1/reports/allocators/{allocator_id}/{report_id}",
        reports.ALLOCATOR_REPORT,
        "One report of an allocator.",
        parameters=(_ALLOCATOR, _ALLOCATOR_REPORT),
        single=True,
    ),
    _allocator_part("clients", reports.ALLOCATOR_REPORT_CLIENT, "Clients of a report."),
    _allocator_part(
        "allocations", reports.ALLOCATOR_REPORT_ALLOCATION, "Grants to the clients of a report."
    ),
    _allocator_part(
        "cid-sharing", reports.ALLOCATOR_REPORT_CID_SHARING, "Shared pieces of a report's clients."
    ),
    _allocator_part(
        "replicas", reports.ALLOCATOR_REPORT_REPLICAS, "Replicas of the data of a report's clients."
    ),
    _allocator_part(
        "storage-providers", reports.ALLOCATOR_REPORT_PROVIDERS, "Providers of a report's clients."
    ),
    _allocator_part(
        "locations", reports.ALLOCATOR_REPORT_LOCATIONS, "Locations of a report's providers."
    ),
    _allocator_part("checks", reports.ALLOCATOR_REPORT_CHECKS, "Check results of a report."),
    _allocator_part("scores", reports.ALLOCATOR_REPORT_SCORES, "Scores of a report by component."),
    _allocator_part(
        "explanation",
        reports.ALLOCATOR_SCORE_EXPLAINED,
        "Each component of a report's score with what it was computed from.",
    ),
    # Of clients.
    route(
        "/v1/reports/clients/{client_id}",
        reports.CLIENT_REPORT,
        "Reports of one client, newest first.",
        parameters=(_CLIENT,),
        parents=_OF_CLIENT,
    ),
    route(
        "/v1/reports/clients/{client_id}/latest",
        reports.CLIENT_REPORT,
        "The newest report of one client.",
        parameters=(_CLIENT,),
        single=True,
    ),
    route(
        "/v1/reports/clients/{client_id}/{report_id}",
        reports.CLIENT_REPORT,
        "One report of a client.",
        parameters=(_CLIENT, _CLIENT_REPORT),
        single=True,
    ),
    _client_part(
        "storage-providers", reports.CLIENT_REPORT_PROVIDERS, "Providers of a report's client."
    ),
    _client_part(
        "locations", reports.CLIENT_REPORT_LOCATIONS, "Locations of a report's providers."
    ),
    _client_part("replicas", reports.CLIENT_REPORT_REPLICAS, "Replicas of the client's data."),
    _client_part(
        "cid-sharing", reports.CLIENT_REPORT_CID_SHARING, "Pieces that other clients store too."
    ),
    _client_part("checks", reports.CLIENT_REPORT_CHECKS, "Check results of a report."),
    # Checks of all reports, and what they lead to.
    route(
        "/v1/report-checks/counts",
        reports.REPORT_CHECK_COUNTS,
        "Checks passed and failed by day and week, with the change from the one before.",
    ),
    route(
        "/v1/report-checks/failed",
        reports.FAILED_CHECKS_DAILY,
        "Checks that a report of the day failed, and since when.",
    ),
    route(
        "/v1/report-checks",
        reports.ALLOCATOR_REPORT_CHECKS,
        "Check results of all reports of allocators, newest first.",
    ),
    route(
        "/v1/report-checks/clients",
        reports.CLIENT_REPORT_CHECKS,
        "Check results of all reports of clients, newest first.",
    ),
    route("/v1/alerts", reports.COMPLIANCE_ALERTS, "Rules that are broken now."),
    route(
        "/v1/input-overrides",
        reports.OVERRIDES_IN_FORCE,
        "Overrides of inputs of reports that hold now.",
    ),
)
