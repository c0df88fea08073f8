"""Page requests: from request to HTML, by 304, cache or database in the order of the lists.

Scope: authorisation, reading and the response; not here: what a page shows
(``query_layer.pages.site``) or its HTML (``query_layer.pages.tables``, ``templates/``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from query_layer.auth.claims import Claims
from query_layer.http.cached_response import CachedPage, full, matching_etag, not_modified
from query_layer.http.export_handler import may_export
from query_layer.http.list_handler import versioned_key
from query_layer.ops.service import Service
from query_layer.pages import addresses
from query_layer.pages.form import fields_of, kept_pairs
from query_layer.pages.page import Page
from query_layer.pages.part_reader import LoadedPart, Pairs, PartQuery, load_parts, part_queries
from query_layer.pages.render import CONTENT_SECURITY_POLICY, HTML, render
from query_layer.pages.special import special_context
from query_layer.pages.tables import content_of
from query_layer.read.database import Reader
from query_layer.read.parameters import parse_query
from query_layer.read.versions import AssetStatus

_TEMPLATES = {
    None: "page.html",
    "overview": "overview.html",
    "catalogue": "catalogue.html",
    "asset": "asset.html",
}


async def page_response(request: Request, page: Page, values: Mapping[str, str]) -> Response:
    """Return one page.

    Args:
        request: Of the caller; a parameter without a value is one that was left empty in a form.
        page: What is shown.
        values: Variables of its address.

    Raises:
        ApiError: Any of the catalogue.
    """
    service: Service = request.app.state.service
    claims = service.identify(request.headers)
    pairs = [(name, text) for name, text in request.query_params.multi_items() if text]
    if page.special is not None:
        parse_query(pairs, ())
    elif page.parts:
        await service.authorise(request, page.parts[0].route.asset)
    queries = part_queries(service, claims, page, values, pairs)
    for asset in dict.fromkeys(q.query.route.asset for q in queries if not q.is_main):
        await service.authorise(request, asset)
    view = _View(request, service, claims, page, values, queries)
    response = await view.response()
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


class _View:
    """One page for one caller."""

    def __init__(
        self,
        request: Request,
        service: Service,
        claims: Claims,
        page: Page,
        values: Mapping[str, str],
        queries: Sequence[PartQuery],
    ) -> None:
        self._request = request
        self._service = service
        self._claims = claims
        self._page = page
        self._values = values
        self._queries = queries
        query = request.url.query
        self._here = request.url.path + (f"?{query}" if query else "")
        self._base = f"{self._here}|{claims.fingerprint}"
        self._assets = [q.query.route.asset for q in queries]
        self._is_cached = page.special is None and not any(a.is_row_scoped for a in self._assets)

    async def response(self) -> Response:
        headers = self._request.headers
        if not self._is_cached:
            return full(await self._build(), headers)
        statuses = [self._service.versions.trusted(asset.reads) for asset in self._assets]
        known = [status for status in statuses if status is not None]
        if len(known) < len(statuses):
            return full(await self._service.cache.single_flight(self._base, self._build), headers)
        key = self._key(known)
        if tag := matching_etag(key, headers):
            self._request.state.cache = "not_modified"
            return not_modified(tag)
        cached = self._service.cache.get(key)
        self._request.state.cache = "miss" if cached is None else "hit"
        return full(cached or await self._service.cache.single_flight(key, self._build), headers)

    def _key(self, statuses: Sequence[AssetStatus]) -> str:
        now = self._service.now()
        return versioned_key(self._base, statuses, now)

    async def _build(self) -> CachedPage:
        special: dict[str, Any] = {}
        if self._page.special is not None:
            special = await special_context(
                self._page.special, self._service, self._claims, self._values
            )

        async def load(reader: Reader) -> tuple[list[LoadedPart], list[AssetStatus]]:
            return await load_parts(self._service, reader, self._queries)

        parts: list[LoadedPart] = []
        statuses: list[AssetStatus] = []
        if self._queries:
            parts, statuses = await self._service.database.read(self._claims, load)
        body = self._render(parts, special)
        has_versions = all(status.version is not None for status in statuses)
        key = self._key(statuses) if self._is_cached and has_versions else None
        page = CachedPage(key=key, version=None, body=body, media_type=HTML)
        if key is not None:
            self._service.cache.put(key, page)
        return page

    def _render(self, parts: Sequence[LoadedPart], special: Mapping[str, Any]) -> bytes:
        path = self._request.url.path
        return render(
            _TEMPLATES[self._page.special],
            self._claims,
            self._here,
            page=self._page,
            title=self._page.title.format(**self._values),
            parts=[_shown(loaded, path, self._claims) for loaded in parts],
            **special,
        )


def _shown(loaded: LoadedPart, path: str, claims: Claims) -> dict[str, Any]:
    """Return one part as the template shows it."""
    asked = loaded.asked
    part, query = asked.part, asked.query
    shown: dict[str, Any] = {
        "title": part.title,
        "form": part.form,
        "note": loaded.note,
        "is_main": asked.is_main,
        "fields": [],
    }
    if loaded.envelope is None:
        if asked.is_main or part.form != "record":
            return shown
        return {**shown, "note": loaded.note or "There is none."}
    meta = loaded.envelope["meta"]
    page = meta.get("page", {})
    pairs: Pairs = asked.pairs
    is_list = part.form == "table"
    listed = addresses.list_address(asked)
    columns = tuple(column.name for column in query.route.columns)
    return {
        **shown,
        "content": content_of(loaded, path),
        "meta": meta,
        "json": addresses.json_address(asked),
        "export": addresses.export_address(asked, meta["partition"])
        if is_list and may_export(claims, query.route.asset)
        else None,
        "all_rows": None if asked.is_main or not is_list else listed,
        "has_more": page.get("has_more", False),
        "next": addresses.next_address(path, pairs, page["next_cursor"])
        if asked.is_main and page.get("next_cursor")
        else None,
        "first": addresses.first_address(path, pairs) if query.cursor or query.offset else None,
        "fields": fields_of(asked, meta["partition"]) if asked.is_main and is_list else [],
        "kept": kept_pairs(pairs),
        "plain": path,
        "all_columns": _columns_address(path, pairs, columns, query.columns)
        if asked.is_main and is_list
        else None,
        "has_all_columns": query.columns == columns,
    }


def _columns_address(
    path: str, pairs: Pairs, columns: Sequence[str], shown: Sequence[str]
) -> str | None:
    """Return the page with all columns, or, where all are shown, with the usual ones."""
    rest = addresses.without(pairs, "fields")
    if tuple(shown) == tuple(columns):
        return addresses.with_pairs(path, rest) if len(rest) < len(pairs) else None
    return addresses.with_pairs(path, [*rest, ("fields", ",".join(columns))])
