"""Columns of a response: JSON kind, meaning and an example of each.

Scope: one column, and how a Postgres type becomes a JSON kind; not here: which columns a view has
(``query_layer.registry.catalogue``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "text",
    "uuid",
    "integer",
    "bytes",
    "decimal",
    "ratio",
    "boolean",
    "date",
    "timestamp",
    "texts",
    "numbers",
    "json",
    "ranges",
]
_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "character varying": "text",
    "uuid": "uuid",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "decimal",
    "double precision": "ratio",
    "boolean": "boolean",
    "date": "date",
    "timestamp with time zone": "timestamp",
    "text[]": "texts",
    "double precision[]": "numbers",
    "json": "json",
    "jsonb": "json",
    "tstzmultirange": "ranges",
}
_EXAMPLES: Mapping[Kind, Any] = {
    "text": "text",
    "uuid": "11111111-1111-4111-8111-111111111111",
    "integer": 12,
    "bytes": "1125899906842624",
    "decimal": "1500000000",
    "ratio": 0.5,
    "boolean": True,
    "date": "2026-11-02",
    "timestamp": "2026-11-08T12:00:00Z",
    "texts": ["text"],
    "numbers": [0.5],
    "json": {},
    "ranges": "{[2026-11-01 00:00:00+00,)}",
}
# Values that a reader recognises, by the name that a column has in every view.
_EXAMPLES_BY_NAME: Mapping[str, Any] = {
    "provider": "f01234",
    "client": "f05678",
    "client_id": "f05678",
    "other_client": "f05679",
    "allocator": "f03015751",
    "allocator_id": "f03015751",
    "chain_id": "solana-mainnet",
    "period_id": "850",
    "validator_key": "Fd7btgySsrjuo25CJCj7oE7VPMyezDhnx7pZkj2v69Nk",
    "month": "2026-10",
}
_SORTABLE = ("text", "uuid", "integer", "bytes", "decimal", "ratio", "boolean", "date", "timestamp")
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """One column of a view.

    Attributes:
        name: Column and JSON name.
        kind: ``bytes`` (of a bigint) and ``decimal`` (of a numeric) are returned as strings,
            because a double cannot hold them.
        description: Unit and meaning of null.
        example: A value as in JSON.
        nullable: Whether null may be returned.
        unit: Of a number, such as ``bytes``; empty: a count, or what the description says.
    """

    name: str
    kind: Kind
    description: str
    example: Any
    nullable: bool = False
    unit: str = ""

    @property
    def is_sortable(self) -> bool:
        """Whether rows may be ordered by it."""
        return self.kind in _SORTABLE

    @property
    def expression(self) -> str:
        """The SQL that selects it; ranges are read as text."""
        quoted = quoted_name(self.name)
        return f"{quoted}::text as {quoted}" if self.kind == "ranges" else quoted


def quoted_name(name: str) -> str:
    """Return an identifier of the registry for SQL; a few are reserved words."""
    return f'"{name}"'


def column_of(described: Mapping[str, Any]) -> Column:
    """Return a column of the catalogue; its example follows from its name or kind."""
    name, kind = described["name"], _kind(described["data_type"], described["unit"])
    example = _EXAMPLES_BY_NAME.get(name) if kind == "text" else None
    return Column(
        name,
        kind,
        described["description"],
        _EXAMPLES[kind] if example is None else example,
        nullable=described["is_nullable"],
        unit=described["unit"] or "",
    )


def _kind(data_type: str, unit: str | None) -> Kind:
    kind = _KINDS[data_type.partition("(")[0]]
    return "bytes" if kind == "integer" and unit == "bytes" else kind
