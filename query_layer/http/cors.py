"""Which pages of other origins may read (query_layer.md §5.4, "CORS").

Never with credentials: the session cookie is for our own pages. Scope: the headers; not here: who
is calling.
"""

from __future__ import annotations

from collections.abc import Mapping

_SAFE = "Accept, If-None-Match, Traceparent, X-Correlation-ID, X-No-Compression"
_EXPOSED = (
    "Deprecation, ETag, Link, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, "
    "RateLimit-Reset, Retry-After, Sunset, X-Correlation-ID"
)
_PREFLIGHT_SECONDS = "600"
_ANY = "*"


class Cors:
    """The headers for the configured origins."""

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins
        self._is_open = _ANY in origins

    def headers(self, request: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a response; none where the page may not read it.

        Under ``*`` a response to a credential is for nobody's page: any site could have asked.
        """
        origin = request.get("origin")
        if not self._origins:
            return {}
        if origin is not None and origin in self._origins:
            allowed = origin
        elif self._is_open and "authorization" not in request:
            allowed = _ANY
        else:
            return {"vary": "Origin"}
        headers = {"access-control-expose-headers": _EXPOSED}
        headers["access-control-allow-origin"] = allowed
        if self._origins != {_ANY}:
            headers["vary"] = "Origin"
        return headers

    def preflight(self, request: Mapping[str, str]) -> dict[str, str]:
        """Return the further headers of a response to a preflight request."""
        named = request.get("origin") in self._origins
        return {
            "access-control-allow-methods": "GET, HEAD, OPTIONS",
            "access-control-allow-headers": f"Authorization, {_SAFE}" if named else _SAFE,
            "access-control-max-age": _PREFLIGHT_SECONDS,
        }


def is_preflight(method: str, request: Mapping[str, str]) -> bool:
    """Return whether a browser asks whether it may send a request."""
    return (
        method == "OPTIONS" and "origin" in request and "access-control-request-method" in request
    )
