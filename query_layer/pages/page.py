"""Pages as data: an address, and the parts that it shows.

Scope: the form of a page; not here: the pages (one file per domain), reading or rendering one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from query_layer.registry.column import Column
from query_layer.registry.route import Route

PREFIX = "/pages"
Form = Literal["table", "record", "chart"]
Special = Literal["overview", "catalogue", "asset"]
_MOST_COLUMNS = 10
# Columns that say how a row came about; shown on demand.
_BOOKKEEPING = (
    "_hash", "code_version", "computation_version", "data_as_of", "quality_flags", "recorded_at",
    "computed_at", "is_current", "is_void", "superseded_at", "superseded_by", "rule_version",
    "normalized_at", "source_payload_id", "period_start", "period_end", "input_watermarks",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One route on a page.

    Attributes:
        route: What is read.
        title: Heading.
        form: A table of rows, the fields of one row, or a chart of rows over time.
        given: Query parameters; ``{name}`` stands for a part of the page's address.
        path: Path parameters of the route, likewise; one that is missing has the page's of its
            name.
        columns: Columns to show first; empty: those that ``default_columns`` chooses.
        limit: Most rows of a part that does not take the page's parameters.
        x: Column of a chart's horizontal axis, a day or a month.
        series: Columns of a chart's lines.
    """

    route: Route
    title: str
    form: Form = "table"
    given: tuple[tuple[str, str], ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    limit: int = 20
    x: str = ""
    series: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a part that names what the route does not have."""
        shown = {column.name for column in self.route.columns}
        named = (*self.columns, *self.series, *((self.x,) if self.x else ()))
        if unknown := [name for name in named if name not in shown]:
            raise ValueError(f"{self.route.path}: no such columns: {unknown}")


@dataclass(frozen=True)
class Page:
    """One address.

    Attributes:
        path: With variables in braces, below ``PREFIX``.
        title: Heading.
        parts: The first one takes the page's query parameters, and its errors are the page's;
            another that the caller may not read is left out.
        text: Explanation below the heading; empty for none.
        special: Content beside the parts, made by a function of its own; null for none.
        is_document: Laid out to be printed.
    """

    path: str
    title: str
    parts: tuple[Part, ...] = ()
    text: str = ""
    special: Special | None = None
    is_document: bool = False


def default_columns(route: Route) -> tuple[str, ...]:
    """Return the columns of a table that names none: no bookkeeping, and not what is the same."""
    settled = {p.column for p in route.parameters} | {name for name, _ in route.where}
    shown = [c.name for c in route.columns if c.name not in settled and not _is_aside(c)]
    keys = [name for name in route.asset.key_columns if name in shown]
    ordered = (*keys, *(name for name in shown if name not in keys))
    return ordered[:_MOST_COLUMNS] or tuple(c.name for c in route.columns)


def record_columns(route: Route) -> tuple[str, ...]:
    """Return the columns of a record that names none: all but deprecated ones."""
    return tuple(c.name for c in route.columns if not c.description.startswith("Deprecated"))


def _is_aside(column: Column) -> bool:
    return column.description.startswith("Deprecated") or column.name.endswith(_BOOKKEEPING)
