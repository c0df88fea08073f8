"""Routes: addresses that serve an asset, whole or in part.

Scope: the form of a route and its checks; not here: the routes (one file per domain) or answering
one (``query_layer.http.list_handler``).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from query_layer.registry.asset import Asset, Partition, require_columns
from query_layer.registry.column import Column
from query_layer.registry.filters import ACTOR_ID, SLUG, UUID, WORD, Filter

# Parameters that every list has; a filter may not have one of these names.
RESERVED = frozenset(
    (
        "sort",
        "order",
        "limit",
        "cursor",
        "offset",
        "page",
        "fields",
        "count",
        "if_version",
        "format",
    )
)
_PARTNER = "partner"
_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class PathParameter:
    """A part of the address that must equal a column.

    Attributes:
        name: As in the address.
        column: Column of the asset that it is compared with; empty: a parent's alone.
        pattern: Form of the value.
        description: For the documentation.
        example: A good value.
    """

    name: str
    column: str
    pattern: str
    description: str
    example: str


@dataclass(frozen=True)
class Parent:
    """A row that must exist, and be visible to the caller, for the address to mean anything.

    Looked up where a list is empty; before that where a path parameter is the parent's alone, so
    that no row proves it.

    Attributes:
        view: Where the row is.
        columns: Columns of the view with the path parameters that they equal.
    """

    view: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Deprecation:
    """That a route is replaced (query_layer.md §4.3).

    Attributes:
        since: When it was deprecated, UTC.
        sunset: When it is removed, 12 months later or more, UTC.
        successor: Address to use instead.
    """

    since: datetime
    sunset: datetime
    successor: str

    def __post_init__(self) -> None:
        """Refuse a notice of less than a year."""
        if self.sunset < self.since.replace(year=self.since.year + 1):
            raise ValueError(f"{self.successor}: a route is removed 12 months after its notice")


@dataclass(frozen=True, eq=False)
class Route:
    """One address.

    Attributes:
        path: With path parameters in braces.
        asset: What it serves.
        title: What it returns, as one sentence.
        parameters: Path parameters.
        filters: Query parameters beside the common ones.
        sorts: Orders as in ``Asset``.
        partition: Partition that is chosen by a parameter; null: rows of all partitions.
        partition_name: Name of that parameter.
        single: One row is returned, not a page: the first of the default order.
        where: Conditions that always hold, as column and value.
        parents: What must exist where no row is found.
        fallback: Route of the same address for path parameters that are not in this one's form.
        deprecation: Set while the route is being replaced.
        columns: Columns of the response.
    """

    path: str
    asset: Asset
    title: str
    parameters: tuple[PathParameter, ...]
    filters: tuple[Filter, ...]
    sorts: tuple[str, ...]
    partition: Partition | None
    partition_name: str
    single: bool
    where: tuple[tuple[str, Any], ...]
    parents: tuple[Parent, ...]
    fallback: Route | None
    deprecation: Deprecation | None
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        """Refuse a route that could not be served."""
        require_columns(self.asset, self.path, self.sorts, self.filters)
        settled = [p.column for p in self.parameters if p.column] + [c for c, _ in self.where]
        if unknown := [column for column in settled if not self.asset.has_column(column)]:
            raise ValueError(f"{self.path}: no such columns: {unknown}")
        names = [f.name for f in self.filters]
        if self.partition is not None:
            names.append(self.partition_name)
        if clashing := [n for n in names if n in RESERVED or names.count(n) > 1]:
            raise ValueError(f"{self.path}: parameters have one name twice: {clashing}")
        if _VARIABLE.findall(self.path) != [p.name for p in self.parameters]:
            raise ValueError(f"{self.path}: its parameters are {[p.name for p in self.parameters]}")

    @property
    def proves_parents(self) -> bool:
        """Whether a row proves that what the address names is there."""
        return all(p.column for p in self.parameters)

    @property
    def default_sort(self) -> str:
        """The column of the default order."""
        return self.sorts[0].removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the default order is descending."""
        return self.sorts[0].startswith("-")

    def order(self, sort: str) -> tuple[str, ...]:
        """Return the total order of a sort by a column: the column, then what identifies a row."""
        keys = self.asset.key_columns
        if self.partition is None and self.asset.partition is not None:
            keys = (self.asset.partition.column, *keys)
        return (sort, *(name for name in keys if name != sort))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the route: responses of different shapes are never mixed."""
        parts = (self.path, self.asset.view, self.columns, self.filters, self.sorts, self.where)
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    def as_seen_by(self, role: str) -> Route:
        """Return the route with the columns that a role is shown."""
        if role != _PARTNER or not self.asset.staff_columns:
            return self
        return _as_seen_by_partners(self)


@cache
def _as_seen_by_partners(route: Route) -> Route:
    hidden = route.asset.staff_columns
    return replace(
        route,
        columns=tuple(c for c in route.columns if c.name not in hidden),
        sorts=tuple(s for s in route.sorts if s.removeprefix("-") not in hidden),
        filters=tuple(f for f in route.filters if not hidden.intersection(f.columns)),
        fallback=route.fallback and _as_seen_by_partners(route.fallback),
    )


def route(
    path: str,
    asset: Asset,
    title: str,
    *,
    parameters: tuple[PathParameter, ...] = (),
    filters: tuple[Filter, ...] | None = None,
    more: tuple[Filter, ...] = (),
    sorts: tuple[str, ...] = (),
    all_partitions: bool = False,
    partition_name: str = "",
    single: bool = False,
    where: tuple[tuple[str, Any], ...] = (),
    parents: tuple[Parent, ...] = (),
    fallback: Route | None = None,
    deprecation: Deprecation | None = None,
    columns: tuple[str, ...] = (),
) -> Route:
    """Return a route; what is not given is that of the asset.

    Args:
        path: With path parameters in braces.
        asset: What it serves.
        title: What it returns, as one sentence.
        parameters: Path parameters, in the order of the address.
        filters: In place of the asset's, but for those that the path settles.
        more: Filters beside the asset's.
        sorts: In place of the asset's.
        all_partitions: Rows of all partitions are listed, not those of one.
        partition_name: Parameter that chooses the partition; default: its column.
        single: One row is returned.
        where: Conditions that always hold.
        parents: What must exist where no row is found.
        fallback: Route for path parameters of another form.
        deprecation: Set while the route is being replaced.
        columns: Some of the asset's columns; default: all.
    """
    partition = None if all_partitions else asset.partition
    settled = {p.column for p in parameters if p.column}
    kept = (asset.filters if filters is None else filters) + more
    shown = tuple(asset.column(name) for name in columns) or asset.columns
    return Route(
        path=path,
        asset=asset,
        title=title,
        parameters=parameters,
        filters=() if single else tuple(f for f in kept if not settled.issuperset(f.columns)),
        sorts=sorts or asset.sorts,
        partition=partition,
        partition_name=partition_name or (partition.column if partition else ""),
        single=single,
        where=where,
        parents=parents,
        fallback=fallback,
        deprecation=deprecation,
        columns=shown,
    )


def actor(name: str, column: str, noun: str = "") -> PathParameter:
    """Return the path parameter of an allocator, client or provider: f0 and a number."""
    noun = noun or name.removesuffix("_id").replace("_", " ")
    return PathParameter(name, column, ACTOR_ID, f"Id of the {noun}, f0 form.", "f01234")


def identifier(name: str, column: str) -> PathParameter:
    """Return the path parameter of a UUID."""
    example = "11111111-1111-4111-8111-111111111111"
    return PathParameter(name, column, UUID, f"`{column}` of the rows.", example)


CHAIN = PathParameter("chain_id", "chain_id", SLUG, "Chain as in `/v1/chains`.", "solana-mainnet")
VALIDATOR = PathParameter(
    "validator_key", "validator_key", WORD, "Vote account, index or public key.", "1"
)
INTRODUCER = identifier("introducer_id", "introducer_id")
