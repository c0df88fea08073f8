"""List queries: how the parameters of a list work together.

Scope: from a registry entry to its parameters, and from a query string to one validated
``ListQuery``; not here: single parameters (``query_layer.read.parameters``) or rows
(``query_layer.read.page_reader``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from query_layer.errors import ApiError, Code
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
from query_layer.registry import Asset

_POSITIONS = ("cursor", "offset", "page")


@dataclass(frozen=True)
class ListQuery:
    """One validated request for a page.

    Attributes:
        asset: What is listed.
        partition: Requested partition; null: the newest.
        equal: Filters as column and value.
        sort: First column of the order.
        descending: Direction of the whole order.
        limit: Rows of the page.
        offset: Rows skipped before it.
        cursor: Where the previous page ended; null for the first or an offset.
        cursor_text: The cursor as sent.
        columns: Columns of the response.
        exact_count: Whether the rows of all pages are counted.
        if_version: Data version that the response must have; null for any.
    """

    asset: Asset
    partition: date | None
    equal: tuple[tuple[str, Any], ...]
    sort: str
    descending: bool
    limit: int
    offset: int
    cursor: Cursor | None
    cursor_text: str
    columns: tuple[str, ...]
    exact_count: bool
    if_version: int | None

    def cache_key(self) -> str:
        """Return the part of the cache key that depends on this query."""
        return repr(
            (
                self.asset.fingerprint,
                self.partition,
                self.equal,
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
        return _binding(self.asset, partition, self.equal, self.sort, self.descending)


@cache
def list_parameters(asset: Asset) -> tuple[Parameter, ...]:
    """Return the parameters of an asset's list route, in the order of the documentation."""
    names = [column.name for column in asset.columns]
    return (
        *_partition_parameters(asset),
        *(text_parameter(f.column, f.pattern, f.description, f.example) for f in asset.filters),
        choice_parameter(
            "sort",
            [*asset.sorts, *(f"-{column}" for column in asset.sorts)],
            f"Order, `-` for descending; ties by {', '.join(asset.key_columns)} in the same "
            f"direction. Default {asset.sorts[0]}.",
        ),
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
        names_parameter("fields", names, "Columns of the response, separated by commas."),
        choice_parameter("count", ["exact"], "`exact` adds meta.page.total; small tables only."),
        integer_parameter(
            "if_version", 1, None, "Data version that must be current, else DATA_VERSION_CHANGED."
        ),
        text_parameter("format", "[a-z]+", "Form of the response; only json so far.", "json"),
    )


def parse_list_query(
    asset: Asset, pairs: Sequence[tuple[str, str]], signer: CursorSigner
) -> ListQuery:
    """Check a query string against an asset's list.

    Raises:
        ApiError: VALIDATION_FAILED, CURSOR_INVALID, OFFSET_TOO_DEEP or NOT_ACCEPTABLE.
    """
    values = parse_query(pairs, list_parameters(asset))
    _check_together(asset, values)
    limit = values.get("limit", DEFAULT_LIMIT)
    offset = (values["page"] - 1) * limit if "page" in values else values.get("offset", 0)
    require_shallow(offset)
    sort, descending = _direction(asset, values)
    equal = tuple((f.column, values[f.column]) for f in asset.filters if f.column in values)
    partition = values.get(asset.partition.column) if asset.partition else None
    cursor = signer.read(values["cursor"]) if "cursor" in values else None
    if cursor is not None:
        walked = date.fromisoformat(cursor.partition) if cursor.partition else None
        partition = partition or walked
        if cursor.binding != _binding(asset, partition, equal, sort, descending):
            raise cursor_error()
    return ListQuery(
        asset=asset,
        partition=partition,
        equal=equal,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        cursor=cursor,
        cursor_text=values.get("cursor", ""),
        columns=values.get("fields", tuple(column.name for column in asset.columns)),
        exact_count="count" in values,
        if_version=values.get("if_version"),
    )


def _partition_parameters(asset: Asset) -> tuple[Parameter, ...]:
    if asset.partition is None:
        return ()
    cadence = asset.partition.cadence
    beginning = "Monday that begins the week" if cadence == "week" else "Day"
    return (
        date_parameter(
            asset.partition.column, cadence, f"{beginning}, YYYY-MM-DD. Default: the newest built."
        ),
    )


def _check_together(asset: Asset, values: Mapping[str, Any]) -> None:
    problems = []
    positions = [name for name in _POSITIONS if name in values]
    if len(positions) > 1:
        problems.append(
            {"parameter": positions[1], "reason": f"cannot be given with {positions[0]}"}
        )
    if "order" in values and str(values.get("sort", "")).startswith("-"):
        problems.append({"parameter": "order", "reason": "cannot be given with a sort that has -"})
    if "count" in values and not asset.counts_exactly:
        problems.append(
            {"parameter": "count", "reason": "is not offered here, the table may be large"}
        )
    if problems:
        raise validation_error(problems)
    if values.get("format", "json") != "json":
        raise ApiError(
            Code.NOT_ACCEPTABLE,
            "This format is not supported.",
            {"parameter": "format", "supported": ["json"]},
        )


def _direction(asset: Asset, values: Mapping[str, Any]) -> tuple[str, bool]:
    sort = values.get("sort", asset.sorts[0])
    return sort.removeprefix("-"), sort.startswith("-") or values.get("order") == "desc"


def _binding(
    asset: Asset,
    partition: date | None,
    equal: tuple[tuple[str, Any], ...],
    sort: str,
    descending: bool,
) -> str:
    return binding((asset.key, partition, equal, sort, descending))
