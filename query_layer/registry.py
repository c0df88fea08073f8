"""Registry: what is served, as data. A new mart costs one entry here and one view.

An entry says which view answers, how its rows are told apart and ordered, what may be filtered and
who may ask. Routes, parameters, OpenAPI, cache keys and health are made from it. Belongs here:
entries and the checks on their form. Does not: SQL (``query_layer.statements``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal["text", "integer", "bytes", "ratio", "date", "timestamp"]
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """One column of a view.

    Attributes:
        name: Column and JSON name.
        kind: ``bytes`` is an integer answered as a string, because a double cannot hold it.
        description: Unit and meaning of null.
        example: A value as it stands in JSON.
        nullable: Whether null may be answered; such a column can be no sort order.
    """

    name: str
    kind: Kind
    description: str
    example: str | int | float
    nullable: bool = False


@dataclass(frozen=True)
class Filter:
    """An equality filter: a parameter of the column's name whose text must match the pattern."""

    column: str
    pattern: str
    description: str
    example: str


@dataclass(frozen=True)
class Partition:
    """The partition column and the days that may begin a partition."""

    column: str
    cadence: Literal["day", "week"]


@dataclass(frozen=True, eq=False)
class Asset:
    """One served mart.

    Attributes:
        key: Asset key as ``ops`` has it, ``schema/table``.
        path: The list route.
        view: Schema-qualified view that answers.
        columns: What the view has and the answer shows, in order.
        partition: Null for a mart that is one whole.
        key_columns: Columns that tell apart the rows of one partition; the end of every order.
        sorts: Columns that a caller may sort by; the first is the default.
        filters: Equality filters.
        scope: Needed scope.
        job: Dagster job that builds the mart, named to those who try to write.
        counts_exactly: The mart is known to be small, so ``count=exact`` is allowed.
    """

    key: str
    path: str
    view: str
    columns: tuple[Column, ...]
    partition: Partition | None
    key_columns: tuple[str, ...]
    sorts: tuple[str, ...]
    filters: tuple[Filter, ...]
    scope: str
    job: str
    counts_exactly: bool

    def __post_init__(self) -> None:
        """Refuse an entry that could not be answered or that would not be safe as SQL."""
        columns = {column.name: column for column in self.columns}
        for name in (*self.view.split("."), *columns):
            if not _IDENTIFIER.fullmatch(name):
                raise ValueError(f"{self.key}: {name!r} is not a plain identifier")
        used = [*self.key_columns, *self.sorts, *(f.column for f in self.filters)]
        if self.partition is not None:
            used.append(self.partition.column)
        if unknown := [name for name in used if name not in columns]:
            raise ValueError(f"{self.key}: no such columns: {unknown}")
        if nullable := [n for n in (*self.key_columns, *self.sorts) if columns[n].nullable]:
            raise ValueError(f"{self.key}: nulls have no place in an order: {nullable}")

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return next(column for column in self.columns if column.name == name)

    def order(self, sort: str) -> tuple[str, ...]:
        """Return the total order that sorting by a column means: the column, then the key."""
        return (sort, *(name for name in self.key_columns if name != sort))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the entry: an answer of another shape is another answer."""
        return hashlib.blake2b(repr(self).encode(), digest_size=8).hexdigest()


def by_key(assets: Sequence[Asset]) -> Mapping[str, Asset]:
    """Index entries by asset key; two entries for one key or path are refused."""
    if len({a.key for a in assets}) < len(assets) or len({a.path for a in assets}) < len(assets):
        raise ValueError("two registry entries share a key or a path")
    return {asset.key: asset for asset in assets}


_NO_LONGER_WRITTEN = "Null: no longer measured; kept because the live platform has it."

PROVIDERS_WEEKLY_ACC = Asset(
    key="filplus/providers_weekly_acc",
    path="/v1/storage-providers",
    view="api_v1.providers_weekly_acc",
    columns=(
        Column("week", "date", "Monday that begins the week, UTC.", "2026-11-02"),
        Column("provider", "text", "Storage provider id.", "f01234"),
        Column("num_of_clients", "integer", "Clients with deals up to the end of the week.", 12),
        Column(
            "biggest_client_total_deal_size",
            "bytes",
            "Bytes of deals of the provider's biggest client, up to the end of the week.",
            "1125899906842624",
        ),
        Column(
            "total_deal_size",
            "bytes",
            "Bytes of all deals up to the end of the week.",
            "9007199254740993",
        ),
        Column(
            "avg_retrievability_success_rate_url_finder",
            "ratio",
            "Retrievability of the week, 0 to 1, by the URL finder; 0 also where it did not test.",
            0.5,
            nullable=True,
        ),
        Column("avg_retrievability_success_rate", "ratio", _NO_LONGER_WRITTEN, 0.5, nullable=True),
        Column(
            "avg_retrievability_success_rate_http", "ratio", _NO_LONGER_WRITTEN, 0.5, nullable=True
        ),
        Column(
            "data_as_of",
            "timestamp",
            "Clock of the run that made the mart's newest week, UTC; null: not recorded.",
            "2026-11-08T12:00:00Z",
            nullable=True,
        ),
    ),
    partition=Partition("week", "week"),
    key_columns=("provider",),
    sorts=("provider", "total_deal_size", "num_of_clients"),
    filters=(Filter("provider", "f0[0-9]+", "Only this storage provider.", "f01234"),),
    scope="cdp:read",
    job="filplus_weekly_job",
    counts_exactly=True,
)

ASSETS: Mapping[str, Asset] = by_key((PROVIDERS_WEEKLY_ACC,))
