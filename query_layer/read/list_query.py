"""List queries: how the parameters of a list work together.

Scope: from a route to its parameters, and from an address to one validated ``ListQuery``; not here:
single parameters (``query_layer.read.parameters``), filters (``query_layer.read.filter_values``) or
rows (``query_layer.read.page_reader``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from query_layer.errors import ApiError, Code
from query_layer.read.filter_values import (
    Condition,
    column_value,
    condition,
    conditions_of,
    filter_parameter,
    reversed_ranges,
)
from query_layer.read.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_OFFSET,
    Cursor,
    CursorSigner,
    binding,
    cursor_error,
    require_shallow,
)
from query_layer.read.parameters import (
    Parameter,
    choice_parameter,
    date_parameter,
    integer_parameter,
    names_parameter,
    parse_query,
    text_parameter,
    validation_error,
)
from query_layer.registry.asset import Partition
from query_layer.registry.filters import Filter, between
from query_layer.registry.route import Route

_POSITIONS = ("cursor", "offset", "page")
_RANGE = ("from", "to")
_FIELDS = "Columns of the response, separated by commas."
_IF_VERSION = "Data version that must be current, else DATA_VERSION_CHANGED."


@dataclass(frozen=True)
class ListQuery:
    """One validated request for a page, or for one row.

    Attributes:
        route: What is listed.
        path: Path parameters with their values.
        partition: Requested partition; null: the newest, or rows of all.
        is_range: Rows of several partitions are listed.
        conditions: What the rows must fulfil, the partition excepted.
        sort: First column of the order.
        descending: Direction of the full order.
        limit: Rows of the page.
        offset: Rows skipped before it.
        cursor: Where the previous page ended; null for the first or an offset.
        cursor_text: The cursor as sent.
        columns: Columns of the response.
        exact_count: Whether the rows of all pages are counted.
        if_version: Data version that the response must have; null for any.
        form: Value of ``format``; empty: not given.
    """

    route: Route
    path: tuple[tuple[str, str], ...]
    partition: date | None
    is_range: bool
    conditions: tuple[Condition, ...]
    sort: str
    descending: bool
    limit: int
    offset: int
    cursor: Cursor | None
    cursor_text: str
    columns: tuple[str, ...]
    exact_count: bool
    if_version: int | None
    form: str

    @property
    def order(self) -> tuple[str, ...]:
        """The columns of the total order."""
        return _order(self.route, self.sort, self.is_range)

    def cache_key(self) -> str:
        """Return the part of the cache key that depends on this query."""
        return repr(
            (
                self.route.fingerprint,
                self.partition,
                self.is_range,
                self.conditions,
                self.sort,
                self.descending,
                self.limit,
                self.offset,
                self.cursor_text,
                self.columns,
                self.exact_count,
            )
        )

    def binding(self, partition: date | None) -> str:
        """Return what a cursor of this query is bound to, once the partition is known."""
        return _binding(self.route, partition, self.conditions, self.sort, self.descending)


@cache
def list_parameters(route: Route) -> tuple[Parameter, ...]:
    """Return the query parameters of a route, in the order of the documentation."""
    names = [column.name for column in route.columns]
    fields = names_parameter("fields", names, _FIELDS)
    version = integer_parameter("if_version", 1, None, _IF_VERSION)
    form = text_parameter("format", "[a-z]+", "Form of the response; only json so far.", "json")
    chosen = selecting_parameters(route)
    if route.single:
        return (*_partition_parameters(route), fields, version, form)
    return (
        *chosen,
        _sort_parameter(route),
        choice_parameter("order", ["asc", "desc"], "Direction of `sort` when it has no `-`."),
        integer_parameter("limit", 1, MAX_LIMIT, f"Rows of a page, default {DEFAULT_LIMIT}."),
        text_parameter(
            "cursor",
            "[A-Za-z0-9_.-]+",
            "meta.page.next_cursor of the previous page; same sort and filters.",
            "abc",
        ),
        integer_parameter(
            "offset", 0, None, f"Rows to skip, at most {MAX_OFFSET:,}; deeper by cursor."
        ),
        integer_parameter("page", 1, None, "Number of the page: offset = (page - 1) * limit."),
        fields,
        choice_parameter("count", ["exact"], "`exact` adds meta.page.total; small tables only."),
        version,
        form,
    )


@cache
def selecting_parameters(route: Route) -> tuple[Parameter, ...]:
    """Return the parameters that choose rows: the partition and the filters."""
    filters = (filter_parameter(route.asset, f) for f in list_filters(route))
    return (*_partition_parameters(route), *filters)


@cache
def export_parameters(route: Route) -> tuple[Parameter, ...]:
    """Return the query parameters of a route's file."""
    names = [column.name for column in route.columns]
    return (
        *selecting_parameters(route),
        names_parameter("fields", names, _FIELDS),
        integer_parameter("if_version", 1, None, _IF_VERSION),
        text_parameter(
            "format",
            "[a-z]+",
            "csv, ndjson, parquet or arrow; default: by Accept, else csv.",
            "csv",
        ),
    )


@cache
def list_filters(route: Route) -> tuple[Filter, ...]:
    """Return the filters of a route; one with a partition also takes a range of partitions."""
    if route.single or route.partition is None:
        return route.filters
    taken = {f.name for f in route.filters}
    added = () if taken.intersection(_RANGE) else between(route.partition.column)
    return (*route.filters, *added)


def parse_list_query(
    route: Route,
    path: Mapping[str, str],
    pairs: Sequence[tuple[str, str]],
    signer: CursorSigner,
) -> ListQuery:
    """Check an address against its route.

    Raises:
        ApiError: VALIDATION_FAILED, CURSOR_INVALID, OFFSET_TOO_DEEP or NOT_ACCEPTABLE.
    """
    query = rows_query(_in_form(route, path), path, pairs, signer, list_parameters)
    if query.form not in ("", "json"):
        raise unsupported_form(("json",))
    return query


def rows_query(
    route: Route,
    path: Mapping[str, str],
    pairs: Sequence[tuple[str, str]],
    signer: CursorSigner,
    parameters: Callable[[Route], tuple[Parameter, ...]],
) -> ListQuery:
    """Check an address whose parameters are those of a list, or some of them.

    Raises:
        ApiError: As ``parse_list_query``.
    """
    values = parse_query(pairs, parameters(route))
    filters = list_filters(route)
    _check_together(route, filters, values)
    limit = 1 if route.single else values.get("limit", DEFAULT_LIMIT)
    offset = (values["page"] - 1) * limit if "page" in values else values.get("offset", 0)
    require_shallow(offset)
    sort, descending = _direction(route, values)
    conditions = _conditions(route, path, filters, values)
    is_range = route.partition is None or _is_range(route.partition, filters, values)
    partition = values.get(route.partition_name)
    cursor = signer.read(values["cursor"]) if "cursor" in values else None
    if cursor is not None:
        walked = date.fromisoformat(cursor.partition) if cursor.partition else None
        partition = partition or walked
        if cursor.binding != _binding(route, partition, conditions, sort, descending):
            raise cursor_error()
    return ListQuery(
        route=route,
        path=tuple(path.items()),
        partition=partition,
        is_range=is_range,
        conditions=conditions,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        cursor=cursor,
        cursor_text=values.get("cursor", ""),
        columns=values.get("fields") or tuple(column.name for column in route.columns),
        exact_count="count" in values,
        if_version=values.get("if_version"),
        form=values.get("format", ""),
    )


def _in_form(route: Route, path: Mapping[str, str]) -> Route:
    """Return the route, or the fallback, whose path parameters have the form of the values."""
    candidate: Route | None = route
    problems: list[dict[str, str]] = []
    while candidate is not None:
        wrong = [p for p in candidate.parameters if not _matches(p.pattern, path[p.name])]
        if not wrong:
            return candidate
        problems = problems or [
            {"parameter": p.name, "reason": f"must match ^{p.pattern}$, such as {p.example}"}
            for p in wrong
        ]
        candidate = candidate.fallback
    raise validation_error(problems)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _conditions(
    route: Route, path: Mapping[str, str], filters: Sequence[Filter], values: Mapping[str, Any]
) -> tuple[Condition, ...]:
    asset = route.asset
    settled = [
        (p.column, column_value(asset.column(p.column), path[p.name]))
        for p in route.parameters
        if p.column
    ]
    return (
        *(condition(asset, "equal", (column,), value) for column, value in settled),
        *(condition(asset, "equal", (column,), value) for column, value in route.where),
        *conditions_of(asset, filters, values),
    )


def _partition_parameters(route: Route) -> tuple[Parameter, ...]:
    if route.partition is None:
        return ()
    cadence = route.partition.cadence
    beginning = "Monday that begins the week" if cadence == "week" else "Day"
    return (
        date_parameter(
            route.partition_name, cadence, f"{beginning}, YYYY-MM-DD. Default: the newest built."
        ),
    )


def _sort_parameter(route: Route) -> Parameter:
    columns = [sort.removeprefix("-") for sort in route.sorts]
    ties = ", ".join(name for name in route.order(columns[0])[1:]) or columns[0]
    nulls = " Null comes first, and last with `-`." if _nullable(route, columns) else ""
    parameter = choice_parameter(
        "sort",
        [*columns, *(f"-{column}" for column in columns)],
        f"Order, `-` for descending; ties by {ties} in the same direction.{nulls} "
        f"Default {route.sorts[0]}.",
    )
    return replace(parameter, schema={**parameter.schema, "default": route.sorts[0]})


def _nullable(route: Route, columns: Sequence[str]) -> bool:
    return any(route.asset.column(name).nullable for name in columns)


def _check_together(route: Route, filters: Sequence[Filter], values: Mapping[str, Any]) -> None:
    problems = reversed_ranges(filters, values)
    positions = [name for name in _POSITIONS if name in values]
    if len(positions) > 1:
        problems.append(
            {"parameter": positions[1], "reason": f"cannot be given with {positions[0]}"}
        )
    if "order" in values and str(values.get("sort", "")).startswith("-"):
        problems.append({"parameter": "order", "reason": "cannot be given with a sort that has -"})
    if "count" in values and not route.asset.counts_exactly:
        problems.append(
            {"parameter": "count", "reason": "is not offered here, the table may be large"}
        )
    if route.partition is not None and route.partition_name in values:
        ends = [f.name for f in filters if f.columns == (route.partition.column,)]
        problems += [
            {"parameter": name, "reason": f"cannot be given with {route.partition_name}"}
            for name in ends
            if name in values
        ]
    if problems:
        raise validation_error(problems)


def unsupported_form(supported: Sequence[str]) -> ApiError:
    """Return NOT_ACCEPTABLE for a value of ``format``."""
    return ApiError(
        Code.NOT_ACCEPTABLE,
        "This format is not supported.",
        {"parameter": "format", "supported": list(supported)},
    )


def _is_range(partition: Partition, filters: Sequence[Filter], values: Mapping[str, Any]) -> bool:
    return any(f.name in values for f in filters if f.columns == (partition.column,))


def _direction(route: Route, values: Mapping[str, Any]) -> tuple[str, bool]:
    if "sort" not in values and "order" not in values:
        return route.default_sort, route.is_descending
    sort = values.get("sort", route.default_sort)
    return sort.removeprefix("-"), sort.startswith("-") or values.get("order") == "desc"


@cache
def _order(route: Route, sort: str, is_range: bool) -> tuple[str, ...]:
    order = route.order(sort)
    if is_range and route.partition is not None and route.partition.column not in order:
        return (sort, route.partition.column, *order[1:])
    return order


def _binding(
    route: Route,
    partition: date | None,
    conditions: tuple[Condition, ...],
    sort: str,
    descending: bool,
) -> str:
    return binding((route.fingerprint, partition, conditions, sort, descending))
