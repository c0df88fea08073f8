"""Error pages: an error of the catalogue as a person reads it.

Scope: errors of addresses of pages; not here: the JSON envelope
(``query_layer.http.error_handlers``).
"""

from __future__ import annotations

from starlette.responses import Response

from query_layer.auth.claims import caller
from query_layer.errors import ApiError
from query_layer.http.correlation import current
from query_layer.pages.page import PREFIX
from query_layer.pages.render import CONTENT_SECURITY_POLICY, HTML, render


def is_page(path: str) -> bool:
    """Return whether an address is a page's."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def error_page(error: ApiError, path: str) -> Response | None:
    """Return the page of an error; null where the address is none of ours."""
    if not is_page(path):
        return None
    body = render(
        "error.html",
        caller.get(),
        path,
        title=_TITLES.get(error.kind.status, "This page could not be built"),
        error=error,
        problems=error.details.get("problems", ()),
        job=error.details.get("job"),
        correlation_id=current.get(),
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        **error.kind.headers,
        **error.headers,
    }
    return Response(body, status_code=error.kind.status, media_type=HTML, headers=headers)


_TITLES = {
    400: "The address is not right",
    401: "Please sign in",
    403: "This is not open to your role",
    404: "Nothing is here",
    405: "Pages are only read",
    408: "This took too long",
    429: "Too many requests",
    503: "Not available at the moment",
}
