"""Answers: from a request for a list to its response, by 304, cache or database in that order.

A key names route, parameters, data version, staleness and identity, so an entry can never be old
or another's. The version is read in the snapshot of the rows; what was polled only decides where to
look. Belongs here: that order. Does not: HTTP forms (``query_layer.http.cached_response``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code
from query_layer.http.cached_response import Answer, full, matching_etag, not_modified
from query_layer.http.encoding import encode
from query_layer.http.negotiation import accepts_json
from query_layer.ops.service import Service
from query_layer.read.database import Reader
from query_layer.read.list_query import ListQuery, parse_list_query
from query_layer.read.page_reader import load_page
from query_layer.read.versions import AssetStatus
from query_layer.registry import Asset


async def answer_list(request: Request, asset: Asset) -> Response:
    """Answer one page of an asset.

    Raises:
        ApiError: Whatever of the catalogue applies; authorisation is checked before anything else.
    """
    service: Service = request.app.state.service
    claims = service.identify(request.headers)
    claims.require(asset.scope)
    require_json(request)
    query = parse_list_query(asset, request.query_params.multi_items(), service.signer)
    base = f"{query.cache_key()}|{claims.fingerprint}"
    status = service.versions.trusted(asset.key)
    if status is None or query.if_version not in (None, status.version):
        answer = await service.cache.single_flight(base, _maker(service, claims, query, base))
    else:
        key = _versioned(base, status, service.now())
        if tag := matching_etag(key, request.headers):
            request.state.cache = "not_modified"
            return not_modified(tag)
        kept = service.cache.get(key)
        request.state.cache = "miss" if kept is None else "hit"
        answer = kept or await service.cache.single_flight(
            key, _maker(service, claims, query, base)
        )
    if query.if_version not in (None, answer.version):
        raise ApiError(
            Code.DATA_VERSION_CHANGED,
            "The data has moved on from the version that was asked for.",
            {"if_version": query.if_version, "data_version": answer.version},
        )
    return full(answer, request.headers)


def require_json(request: Request) -> None:
    """Raise NOT_ACCEPTABLE unless the caller takes JSON."""
    if not accepts_json(request.headers):
        raise ApiError(
            Code.NOT_ACCEPTABLE,
            "This address answers JSON only.",
            {"header": "Accept", "supported": ["application/json"]},
        )


def _maker(
    service: Service, claims: Claims, query: ListQuery, base: str
) -> Callable[[], Awaitable[Answer]]:
    async def load(reader: Reader) -> Answer:
        status = await service.versions.read(reader, query.asset.key)
        now = service.now()
        body = encode(await load_page(reader, query, status, service.signer, now))
        key = None if status.version is None else _versioned(base, status, now)
        return Answer(key=key, version=status.version, body=body)

    async def make() -> Answer:
        answer = await service.database.read(claims, load)
        if answer.key is not None:
            service.cache.put(answer.key, answer)
        return answer

    return make


def _versioned(base: str, status: AssetStatus, now: datetime) -> str:
    stale = status.is_stale(now)
    return f"{base}|{status.version}|{status.materialized_at}|{status.data_as_of}|{stale}"
