"""Short forms of the parts of pages; a route is named by its path in the registry.

Scope: from a path to a part; not here: pages.
"""

from __future__ import annotations

from functools import cache

from query_layer.pages.page import Part
from query_layer.registry import ROUTES
from query_layer.registry.route import Route

_POINTS = 156  # three years of weeks


@cache
def _routes() -> dict[str, Route]:
    return {route.path: route for route in ROUTES}


def table(
    path: str,
    title: str,
    *,
    given: tuple[tuple[str, str], ...] = (),
    columns: tuple[str, ...] = (),
    limit: int = 20,
    names: tuple[tuple[str, str], ...] = (),
) -> Part:
    """Return a table of a list's rows; ``names`` are path parameters that the page names else."""
    return Part(_routes()[path], title, "table", given, names, columns, limit)


def record(
    path: str,
    title: str,
    *,
    given: tuple[tuple[str, str], ...] = (),
    columns: tuple[str, ...] = (),
    names: tuple[tuple[str, str], ...] = (),
) -> Part:
    """Return the fields of the first row of a route."""
    return Part(_routes()[path], title, "record", given, names, columns, 1)


def chart(
    path: str,
    title: str,
    *,
    x: str,
    series: tuple[str, ...] = (),
    given: tuple[tuple[str, str], ...] = (),
    sort: str = "",
    names: tuple[tuple[str, str], ...] = (),
) -> Part:
    """Return a chart of the newest rows of a list, oldest first.

    Args:
        path: A list in the order of ``x``, newest first, or with a ``sort`` that makes it so.
        title: Heading.
        x: Column of the horizontal axis.
        series: Columns of the lines; default: all that are numbers.
        given: Query parameters.
        sort: Order of the rows; default: the route's own.
        names: Path parameters that the page names else.
    """
    route = _routes()[path]
    order = (("sort", sort),) if sort else ()
    shown = series or tuple(c.name for c in route.columns if c.kind in ("integer", "bytes"))
    return Part(route, title, "chart", (*given, *order), names, (), _POINTS, x, shown)
