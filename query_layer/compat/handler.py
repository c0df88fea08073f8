"""Requests to compat routes: from the cache, from the database, or in pieces where they are long.

Scope: that order and the stream; not here: the bytes (``query_layer.compat.reading``).
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_layer.auth.claims import Claims
from query_layer.compat.parameters import CompatQuery, parse
from query_layer.compat.reading import load, pieces
from query_layer.compat.route import CompatRoute
from query_layer.http.cached_response import CachedPage, full, matching_etag, not_modified
from query_layer.http.list_handler import versioned_key
from query_layer.http.negotiation import JSON
from query_layer.ops.service import Service

STREAMS = 2  # long responses at once in a process, so that they never hold the whole pool


async def compat_response(request: Request, route: CompatRoute, streams: Any) -> Response:
    """Return the response of a route, with a tag that follows the versions of what it reads.

    Args:
        request: The request.
        route: Which.
        streams: Semaphore of the long responses of the process.

    Raises:
        ApiError: Any of the catalogue.
    """
    service: Service = request.app.state.service
    claims = await service.authorise(request, route.asset)
    query = parse(route, request.path_params, request.query_params.multi_items())
    # Windows that end at the clock change with it: a response is that of its minute.
    now = service.now()
    base = f"{query.cache_key()}|{now:%Y-%m-%dT%H:%M}|{claims.fingerprint}"
    status = service.versions.trusted(route.reads)
    key = None if status is None else versioned_key(base, [status], now)
    if key is not None:
        if tag := matching_etag(key, request.headers):
            request.state.cache = "not_modified"
            return not_modified(tag)
        cached = service.cache.get(key)
        request.state.cache = "miss" if cached is None else "hit"
        if cached is not None:
            return full(cached, request.headers)

    async def build() -> CachedPage | None:
        async def read(reader: Any) -> CachedPage | None:
            current = await service.versions.read(reader, route.reads)
            body = await load(reader, query, now)
            if body is None:
                return None
            versioned = None if current.version is None else versioned_key(base, [current], now)
            return CachedPage(key=versioned, version=current.version, body=body)

        page = await service.database.read(claims, read)
        if page is not None and page.key is not None:
            service.cache.put(page.key, page)
        return page

    page = await build()
    if page is not None:
        return full(page, request.headers)
    return _Stream(service, claims, query, streams)


class _Stream(Response):
    """A response that is read and sent in pieces, from one snapshot.

    An error after the first piece breaks the connection, so that a short response never looks
    complete.
    """

    def __init__(
        self, service: Service, claims: Claims, query: CompatQuery, streams: asyncio.Semaphore
    ) -> None:
        super().__init__(media_type=JSON)
        self._service = service
        self._claims = claims
        self._query = query
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and send; a slow client slows the reading down."""

        async def work(reader: Any) -> None:
            started = False
            async for piece in pieces(reader, self._query, self._service.now()):
                if not started:
                    headers = [
                        (name, text) for name, text in self.raw_headers if name != b"content-length"
                    ]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    started = True
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        async with self._streams:
            await self._service.database.read(self._claims, work)
        if self.background is not None:
            await self.background()


def new_streams() -> asyncio.Semaphore:
    """Return the semaphore of a process."""
    return asyncio.Semaphore(STREAMS)
