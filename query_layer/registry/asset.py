"""Assets: one entry per served view.

Scope: the form of an entry and its checks; not here: the entries (one file per domain) or their
addresses (``query_layer.registry.route``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from query_layer.registry.column import IDENTIFIER, Column
from query_layer.registry.filters import Filter

# Columns of a key that name no actor, report or person; a key with any other is not of sums.
_AGGREGATED = frozenset(
    (
        "average_of",
        "chain_id",
        "cutoff_day",
        "data_type",
        "date",
        "measure",
        "metric",
        "month",
        "outcome",
        "period",
        "period_id",
        "period_unit",
        "population",
        "round",
        "score_group",
        "series",
        "statistic",
        "subject",
        "value_to_inclusive",
        "week",
    )
)


@dataclass(frozen=True)
class Partition:
    """The partition column and the days that may begin a partition."""

    column: str
    cadence: Literal["day", "week"]


@dataclass(frozen=True, eq=False)
class Asset:
    """One served mart.

    Attributes:
        key: Asset key as in ``ops``, ``schema/table``.
        reads: Keys of all assets that the view reads; empty where no asset writes them.
        view: Schema-qualified view that is read.
        description: One row per what, and what null means.
        columns: Columns of the view that the response shows, in order.
        partition: Null for a mart that is listed as a whole.
        key_columns: Columns that identify a row within one partition; the end of every order.
        sorts: Columns that a caller may sort by; the first is the default, ``-`` before it makes
            that order descending.
        filters: Further parameters.
        scope: Required scope.
        job: Dagster job that builds the mart, named in the response to a write attempt.
        counts_exactly: The mart is known to be small, so ``count=exact`` is allowed.
        is_row_scoped: Row security shows each caller other rows, by facts without a data version:
            responses are never cached.
        staff_columns: Columns that a partner is not shown (validator §12: final amounts only).
    """

    key: str
    reads: tuple[str, ...]
    view: str
    description: str
    columns: tuple[Column, ...]
    partition: Partition | None
    key_columns: tuple[str, ...]
    sorts: tuple[str, ...]
    filters: tuple[Filter, ...]
    scope: str
    job: str
    counts_exactly: bool = True
    is_row_scoped: bool = False
    staff_columns: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse an entry that could not be served or that would not be safe as SQL."""
        require_names(self.key, (*self.view.split("."), *self._by_name))
        require_columns(self, self.key, self.sorts, self.filters)
        if nullable := [n for n in self.key_columns if self.column(n).nullable]:
            raise ValueError(f"{self.key}: a key column may not be null: {nullable}")

    @property
    def name(self) -> str:
        """Name in ``/v1/assets/{asset}`` and ``/v1/catalog/{asset}``: that of the view."""
        return self.view.partition(".")[2]

    @property
    def is_aggregate(self) -> bool:
        """Whether no row is of a single provider, client, allocator, validator or report."""
        return _AGGREGATED.issuperset(self.key_columns)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return self._by_name[name]

    def has_column(self, name: str) -> bool:
        """Return whether there is a column of this name."""
        return name in self._by_name


def require_names(owner: str, names: Iterable[str]) -> None:
    """Raise unless all names are plain identifiers."""
    for name in names:
        if not IDENTIFIER.fullmatch(name):
            raise ValueError(f"{owner}: {name!r} is not a plain identifier")


def require_columns(
    asset: Asset, owner: str, sorts: Iterable[str], filters: Iterable[Filter]
) -> None:
    """Raise unless every column that is named is one, and can do what it is named for."""
    names = [sort.removeprefix("-") for sort in sorts]
    used = [*asset.key_columns, *names, *(c for f in filters for c in f.columns)]
    if asset.partition is not None:
        used.append(asset.partition.column)
    if unknown := [name for name in used if not asset.has_column(name)]:
        raise ValueError(f"{owner}: no such columns: {unknown}")
    if unordered := [name for name in names if not asset.column(name).is_sortable]:
        raise ValueError(f"{owner}: rows cannot be ordered by {unordered}")
