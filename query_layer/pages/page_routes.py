"""Addresses of the pages, and of their style sheet.

Scope: from an address to its page; not here: serving it (``query_layer.pages.page_handler``).
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from query_layer.http.dispatch import AddressTree
from query_layer.pages.error_page import is_page
from query_layer.pages.page import PREFIX, Page
from query_layer.pages.page_handler import page_response
from query_layer.pages.render import STYLE_PATH, style_sheet

_STYLE_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}


class PageTree(BaseRoute):
    """All pages as one route of the application."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._tree = AddressTree[Page]()
        for page in pages:
            self._tree.add(f"{PREFIX}{page.path}", page)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether an address is a page's."""
        if scope["type"] != "http" or not is_page(scope["path"]):
            return Match.NONE, {}
        found = self._tree.find(scope["path"].rstrip("/"))
        if found is None:
            return Match.NONE, {}
        page, values = found
        match = Match.FULL if scope["method"] == "GET" else Match.PARTIAL
        return match, {"route": page, "path_params": dict(values)}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page that ``matches`` found.

        Raises:
            HTTPException: 405 for a method that does not read.
        """
        if scope["method"] != "GET":
            raise HTTPException(405)
        request = Request(scope, receive, send)
        response = await page_response(request, scope["route"], scope["path_params"])
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Pages have no names."""
        raise NoMatchFound(name, path_params)


class StyleSheet(BaseRoute):
    """The style sheet; its address names its content, so it is stored for good."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the address is the style sheet's."""
        is_ours = scope["type"] == "http" and scope["path"] == STYLE_PATH
        return (Match.FULL, {"route": self}) if is_ours else (Match.NONE, {})

    path = STYLE_PATH

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        response = Response(style_sheet(), media_type="text/css", headers=_STYLE_HEADERS)
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """It has no name."""
        raise NoMatchFound(name, path_params)
