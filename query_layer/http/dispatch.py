"""Dispatch: from an address to its route of the registry, in a number of steps that its parts set.

A list of patterns would be tried one by one, and there are some two hundred addresses. Scope:
finding the route; not here: serving it (``query_layer.http.list_handler``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from query_layer.http.list_handler import route_response

T = TypeVar("T")


@dataclass
class _Node(Generic[T]):
    """Where the parts of an address have led: its pattern and what it leads to, if it ends here."""

    children: dict[str, _Node[T]] = field(default_factory=dict)
    variable: _Node[T] | None = None
    end: tuple[str, T] | None = None


class AddressTree(Generic[T]):
    """Addresses with variables in braces; literal parts win over variables."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, path: str, target: T) -> None:
        """Add an address.

        Raises:
            ValueError: There is one of the same form.
        """
        node = self._root
        for part in path.split("/")[1:]:
            if part.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.children.setdefault(part, _Node())
        if node.end is not None:
            raise ValueError(f"two routes have the address {path}")
        node.end = (path, target)

    def find(self, path: str) -> tuple[T, dict[str, str]] | None:
        """Return what an address leads to, with the values of its variables."""
        found = _walk(self._root, path.split("/")[1:], [])
        if found is None:
            return None
        (pattern, target), values = found
        names = [part[1:-1] for part in pattern.split("/") if part.startswith("{")]
        return target, dict(zip(names, values, strict=True))


class RouteTree(BaseRoute):
    """All routes of one kind as one route of the application.

    Args:
        routes: Each has its address as ``path``.
        respond: Serves a request to one of them.
    """

    def __init__(
        self,
        routes: Sequence[Any],
        respond: Callable[[Request, Any], Awaitable[Response]] = route_response,
    ) -> None:
        self._respond = respond
        self._tree = AddressTree[Any]()
        for route in routes:
            self._tree.add(route.path, route)

    def find(self, path: str) -> tuple[Any, Mapping[str, str]] | None:
        """Return the route of a path and its path parameters."""
        return self._tree.find(path)

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
        response = await self._respond(Request(scope, receive, send), scope["route"])
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Routes of the registry have no names."""
        raise NoMatchFound(name, path_params)


def _walk(
    node: _Node[T], parts: Sequence[str], values: list[str]
) -> tuple[tuple[str, T], list[str]] | None:
    if not parts:
        return None if node.end is None else (node.end, values)
    part, *rest = parts
    child = node.children.get(part)
    found = None if child is None else _walk(child, rest, values)
    if found is None and node.variable is not None and part:
        found = _walk(node.variable, rest, [*values, part])
    return found
