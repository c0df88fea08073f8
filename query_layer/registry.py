"""Registry of endpoints, as data. A new mart costs one entry here and one view.

An entry names a view, the columns that it shows, their order and filters, and the scope that a
caller needs. Types and meanings of the columns come from ``catalogue.json``, which ``cdp manifest``
compiles. Routes, parameters, OpenAPI, cache keys and health follow from it. Scope: entries and the
checks on their form; not here: SQL (see ``query_layer.read.statements``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

Kind = Literal["text", "integer", "bytes", "ratio", "boolean", "date", "timestamp"]
CATALOGUE = Path(__file__).with_name("catalogue.json")
_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "integer": "integer",
    "bigint": "integer",
    "double precision": "ratio",
    "boolean": "boolean",
    "date": "date",
    "timestamp with time zone": "timestamp",
}
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """One column of a view.

    Attributes:
        name: Column and JSON name.
        kind: ``bytes`` is an integer returned as a string, because a double cannot hold it.
        description: Unit and meaning of null.
        example: A value as in JSON.
        nullable: Whether null may be returned; such a column cannot be a sort order.
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
        key: Asset key as in ``ops``, ``schema/table``.
        path: The list route.
        view: Schema-qualified view that is read.
        columns: Columns of the view that the response shows, in order.
        partition: Null for an unpartitioned mart.
        key_columns: Columns that identify a row within one partition; the end of every order.
        sorts: Columns that a caller may sort by; the first is the default.
        filters: Equality filters.
        scope: Required scope.
        job: Dagster job that builds the mart, named in the response to a write attempt.
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
        """Refuse an entry that could not be served or that would not be safe as SQL."""
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
            raise ValueError(f"{self.key}: a sort column may not be null: {nullable}")

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return next(column for column in self.columns if column.name == name)

    def order(self, sort: str) -> tuple[str, ...]:
        """Return the total order of a sort by a column: the column, then the key."""
        return (sort, *(name for name in self.key_columns if name != sort))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the entry: responses of different shapes are never mixed."""
        return hashlib.blake2b(repr(self).encode(), digest_size=8).hexdigest()


def described(view: str, examples: Mapping[str, str | int | float]) -> tuple[Column, ...]:
    """Return columns of a view with the catalogue's descriptions.

    Args:
        view: Schema-qualified.
        examples: Columns in the order in which they are shown, each with a value as in JSON.
    """
    columns = {column["name"]: column for column in _catalogue()[view]["columns"]}
    return tuple(
        Column(
            name,
            _kind(columns[name]["data_type"], columns[name]["unit"]),
            columns[name]["description"],
            example,
            nullable=columns[name]["is_nullable"],
        )
        for name, example in examples.items()
    )


def key_within(view: str, partition: str) -> tuple[str, ...]:
    """Return the columns that identify a row within one partition of a view."""
    return tuple(name for name in _catalogue()[view]["key"] if name != partition)


@cache
def _catalogue() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return content


def _kind(data_type: str, unit: str | None) -> Kind:
    """Return the JSON kind of a Postgres type."""
    return "bytes" if unit == "bytes" else _KINDS[data_type]


def by_key(assets: Sequence[Asset]) -> Mapping[str, Asset]:
    """Index entries by asset key; two entries for one key or path are refused."""
    if len({a.key for a in assets}) < len(assets) or len({a.path for a in assets}) < len(assets):
        raise ValueError("two registry entries share a key or a path")
    return {asset.key: asset for asset in assets}


PROVIDERS_WEEKLY_ACC = Asset(
    key="filplus/providers_weekly_acc",
    path="/v1/storage-providers",
    view="api_v1.providers_weekly_acc",
    columns=described(
        "api_v1.providers_weekly_acc",
        {
            "week": "2026-11-02",
            "provider": "f01234",
            "num_of_clients": 12,
            "biggest_client_total_deal_size": "1125899906842624",
            "total_deal_size": "9007199254740993",
            "avg_retrievability_success_rate_url_finder": 0.5,
            "avg_retrievability_success_rate": 0.5,
            "avg_retrievability_success_rate_http": 0.5,
            "data_as_of": "2026-11-08T12:00:00Z",
            "is_measured": True,
        },
    ),
    partition=Partition("week", "week"),
    key_columns=key_within("api_v1.providers_weekly_acc", "week"),
    sorts=("provider", "total_deal_size", "num_of_clients"),
    filters=(Filter("provider", "f0[0-9]+", "Only this storage provider.", "f01234"),),
    scope="cdp:read",
    job="filplus_weekly_job",
    counts_exactly=True,
)

ASSETS: Mapping[str, Asset] = by_key((PROVIDERS_WEEKLY_ACC,))
