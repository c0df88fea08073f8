"""The site: every page by its address, and the navigation.

Each route of the registry has a page: ``/v1/x`` is shown at ``/pages/x``, plainly where no entry
of a domain arranges it. Scope: putting them together; not here: the entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from query_layer.auth.claims import Claims
from query_layer.pages.compliance_pages import COMPLIANCE_PAGES
from query_layer.pages.operations_pages import OPERATIONS_PAGES
from query_layer.pages.page import Page, Part
from query_layer.pages.validator_pages import VALIDATOR_PAGES
from query_layer.registry.route import Route

_API = "/v1"


@dataclass(frozen=True)
class Link:
    """One link of the navigation; it is shown to who has the scope, an empty one to everybody."""

    path: str
    text: str
    scope: str


NAVIGATION: tuple[tuple[str, tuple[Link, ...]], ...] = (
    ("", (Link("", "Overview", ""), Link("/catalog", "Catalogue", "catalog"))),
    (
        "Filecoin Plus",
        (
            Link("/allocators", "Allocators", "cdp:read"),
            Link("/storage-providers", "Storage providers", "cdp:read"),
            Link("/clients", "Clients", "cdp:read"),
            Link("/compliance", "Compliance", "cdp:read"),
            Link("/compliance/storage-providers", "Provider compliance", "cdp:read"),
            Link("/scores", "Scores", "cdp:read"),
            Link("/alerts", "Alerts", "cdp:read"),
        ),
    ),
    (
        "Validators",
        (
            Link("/chains", "Chains", "pnl:read"),
            Link("/validators", "Results", "pnl:read"),
        ),
    ),
    (
        "Partners",
        (
            Link("/partners", "Partners", "commission:read"),
            Link("/statements", "Statements", "commission:read"),
            Link("/commissions", "Commissions", "commission:read"),
            Link("/agreements", "Agreements", "agreement:read"),
            Link("/overrides", "Overrides", "agreement:read"),
        ),
    ),
    (
        "Operations",
        (
            Link("/ingestion", "Ingestion", "ops:read"),
            Link("/reconciliation", "Reconciliation", "ops:read"),
            Link("/audit", "Audit", "audit:read"),
        ),
    ),
)


def navigation(claims: Claims) -> list[tuple[str, list[Link]]]:
    """Return the groups of links that lead somewhere for a caller."""
    groups = [
        (name, [link for link in links if not link.scope or link.scope in claims.scopes])
        for name, links in NAVIGATION
    ]
    return [(name, links) for name, links in groups if links]


def pages(routes: Sequence[Route]) -> tuple[Page, ...]:
    """Return all pages: those arranged here whose routes are served, and one of each other."""
    served = set(routes)
    arranged = [
        page
        for page in (*OPERATIONS_PAGES, *COMPLIANCE_PAGES, *VALIDATOR_PAGES)
        if all(part.route in served for part in page.parts)
    ]
    taken = {_shape(page.path) for page in arranged}
    plain = [_plain(route) for route in routes if _shape(_path(route)) not in taken]
    return (*arranged, *plain)


def _path(route: Route) -> str:
    return route.path.removeprefix(_API)


def _shape(path: str) -> tuple[str, ...]:
    """Return an address without the names of its variables."""
    return tuple("{" if part.startswith("{") else part for part in path.split("/"))


def _plain(route: Route) -> Page:
    title = route.title.rstrip(".").replace("`", "")
    return Page(_path(route), title, (Part(route, title, "record" if route.single else "table"),))
