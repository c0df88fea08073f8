"""List requests: from request to response, by 304, cache or database in that order.

A key names route, parameters, data version, staleness and identity, so an entry is never outdated
or another caller's. The version is read in the snapshot of the rows; the polled version only
decides whether to look in the cache. Rows that row security chooses by facts without a version
(agreements, users) are read for every request; their tag is that of their bytes. Scope: that order;
not here: HTTP forms (``query_layer.http.cached_response``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code
from query_layer.http.cached_response import CachedPage, full, matching_etag, not_modified
from query_layer.http.encoding import encode
from query_layer.http.negotiation import accepts_json
from query_layer.ops.service import Service
from query_layer.read.database import Reader
from query_layer.read.export_reader import version_changed
from query_layer.read.list_query import ListQuery, parse_list_query
from query_layer.read.page_reader import load_response
from query_layer.read.statements import statement
from query_layer.read.versions import AssetStatus
from query_layer.registry.asset import Asset
from query_layer.registry.route import Deprecation, Route


async def route_response(request: Request, route: Route) -> Response:
    """Return one page of a route, or its row.

    Raises:
        ApiError: Any of the catalogue; authorisation is checked before anything else.
    """
    service: Service = request.app.state.service
    claims = await service.authorise(request, route.asset)
    require_json(request)
    query = parse_list_query(
        route.as_seen_by(claims.role),
        request.path_params,
        request.query_params.multi_items(),
        service.signer,
    )
    response = await _response(request, service, claims, query)
    if route.deprecation is not None:
        request.state.deprecated = True
        response.headers.update(_notice(route.deprecation))
    return response


async def _response(
    request: Request, service: Service, claims: Claims, query: ListQuery
) -> Response:
    asset = query.route.asset
    base = f"{query.cache_key()}|{claims.fingerprint}"
    build = _builder(service, claims, query, base)
    status = None if asset.is_row_scoped else service.versions.trusted(asset.reads)
    if asset.is_row_scoped:
        page = await build()
    elif status is None or query.if_version not in (None, status.version):
        page = await service.cache.single_flight(base, build)
    else:
        key = versioned_key(base, [status], service.now())
        if tag := matching_etag(key, request.headers):
            request.state.cache = "not_modified"
            return not_modified(tag)
        cached = service.cache.get(key)
        request.state.cache = "miss" if cached is None else "hit"
        (service.metrics.cache_misses if cached is None else service.metrics.cache_hits).inc()
        page = cached or await service.cache.single_flight(key, build)
    if query.if_version not in (None, page.version):
        raise version_changed(query.if_version, page.version)
    return full(page, request.headers)


def require_json(request: Request) -> None:
    """Raise NOT_ACCEPTABLE unless the caller accepts JSON."""
    if not accepts_json(request.headers):
        raise ApiError(
            Code.NOT_ACCEPTABLE,
            "This address returns JSON only.",
            {"header": "Accept", "supported": ["application/json"]},
        )


def _builder(
    service: Service, claims: Claims, query: ListQuery, base: str
) -> Callable[[], Awaitable[CachedPage]]:
    async def load(reader: Reader) -> CachedPage:
        status = await status_in_snapshot(service, reader, query.route.asset)
        now = service.now()
        body = encode(await load_response(reader, query, status, service.signer, now))
        is_versioned = status.version is not None and not query.route.asset.is_row_scoped
        key = versioned_key(base, [status], now) if is_versioned else None
        return CachedPage(key=key, version=status.version, body=body)

    async def build() -> CachedPage:
        page = await service.database.read(claims, load)
        if page.key is not None:
            service.cache.put(page.key, page)
        return page

    return build


async def status_in_snapshot(service: Service, reader: Reader, asset: Asset) -> AssetStatus:
    """Return the status of what is read, in the snapshot of its rows."""
    if asset.reads and not asset.is_row_scoped:
        return await service.versions.read(reader, asset.reads)
    [row] = await reader.fetch(statement("scoped_status"), asset.key)
    return AssetStatus(**dict(row))


def versioned_key(base: str, statuses: Sequence[AssetStatus], now: datetime) -> str:
    """Return the cache key of a response over assets of these statuses."""
    return base + "".join(
        f"|{status.version}|{status.materialized_at}|{status.data_as_of}|{status.is_stale(now)}"
        for status in statuses
    )


def _notice(deprecation: Deprecation) -> dict[str, str]:
    """Return the headers of a route that is being replaced (RFC 9745, RFC 8594)."""
    return {
        "Deprecation": f"@{int(deprecation.since.timestamp())}",
        "Sunset": f"{deprecation.sunset:%a, %d %b %Y %H:%M:%S} GMT",
        "Link": f'<{deprecation.successor}>; rel="successor-version"',
    }
