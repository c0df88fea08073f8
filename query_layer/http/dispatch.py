"""Dispatch: from an address to its route of the registry, in a number of steps that its parts set.

A list of patterns would be tried one by one, and there are some two hundred addresses. Scope:
finding the route; not here: serving it (``query_layer.http.list_handler``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from query_layer.http.list_handler import route_response
from query_layer.registry.route import Route


@dataclass
class _Node:
    """Where the parts of an address have led."""

    children: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    route: Route | None = None


class RouteTree(BaseRoute):
    """All routes of the registry as one route of the application."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def find(self, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Return the route of a path and its path parameters; literal parts win over variables."""
        found = _walk(self._root, path.split("/")[1:], [])
        if found is None:
            return None
        route, values = found
        return route, {p.name: value for p, value in zip(route.parameters, values, strict=True)}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether an address is of the registry, and whether it can be read so."""
        found = self.find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        route, values = found
        match = Match.FULL if scope["method"] == "GET" else Match.PARTIAL
        return match, {"route": route, "path_params": dict(values)}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the route that ``matches`` found.

        Raises:
            HTTPException: 405 for a method that does not read.
        """
        if scope["method"] != "GET":
            raise HTTPException(405)
        response = await route_response(Request(scope, receive, send), scope["route"])
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Routes of the registry have no names."""
        raise NoMatchFound(name, path_params)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in route.path.split("/")[1:]:
            if part.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.children.setdefault(part, _Node())
        if node.route is not None:
            raise ValueError(f"two routes have the address {route.path}")
        node.route = route


def _walk(node: _Node, parts: Sequence[str], values: list[str]) -> tuple[Route, list[str]] | None:
    if not parts:
        return None if node.route is None else (node.route, values)
    part, *rest = parts
    child = node.children.get(part)
    found = None if child is None else _walk(child, rest, values)
    if found is None and node.variable is not None and part:
        found = _walk(node.variable, rest, [*values, part])
    return found
