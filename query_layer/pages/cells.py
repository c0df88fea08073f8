"""Cells: from a value of the JSON to HTML.

The exact value stays in the markup (``<data value>``, ``<time datetime>``) where the text is
shorter. Everything that comes from the database is escaped here. Scope: single values; not here:
tables (``query_layer.pages.tables``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote

import msgspec

from query_layer.pages.page import PREFIX
from query_layer.registry.asset import Asset
from query_layer.registry.column import Column

NULL = '<span class="null" title="null: not known or not measured">–</span>'
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB")
# Whole numbers that name or place something; a separator would make them unreadable.
_ORDINAL = re.compile(
    r"(^|_)(id|seq|height|version|ordinal|year|week|slot|block|number|period|place|position)$"
)
_DECIMALS = 8  # shown of a longer fraction; the exact value stays in the markup
_NUMBERS = frozenset(("integer", "bytes", "decimal", "ratio"))
# Pages of what a column names, by domain: an id of a client is another thing to a partner.
_FILPLUS_LINKS: Mapping[str, str] = {
    "allocator": "/allocators/",
    "allocator_id": "/allocators/",
    "client": "/clients/",
    "client_id": "/clients/",
    "other_client": "/clients/",
    "first_client": "/clients/",
    "provider": "/storage-providers/",
}
_VALIDATOR_LINKS: Mapping[str, str] = {
    "chain_id": "/chains/",
    "introducer_id": "/partners/",
    "agreement_id": "/agreements/",
}
_ACTOR = re.compile("f0[0-9]+", re.ASCII)
Cell = Callable[[Any], str]


def is_number(column: Column) -> bool:
    """Return whether a column is aligned as numbers are."""
    return column.kind in _NUMBERS


@lru_cache(maxsize=8_192)
def cell_of(asset: Asset, name: str) -> Cell:
    """Return the function from a value of a column, as in the JSON, to HTML."""
    column = asset.column(name)
    link = _link(asset, name)
    if link is not None:
        return link
    if column.kind == "integer":
        return _plain if _ORDINAL.search(name) else _integer
    return _CELLS.get(column.kind, _plain)


def bytes_text(value: int | str) -> str:
    """Return a number of bytes with three digits and a binary unit."""
    number = int(Decimal(value))
    power, size = 0, abs(number)
    while size >= 1024 and power < len(_UNITS) - 1:
        size //= 1024
        power += 1
    if power == 0:
        return f"{number} B"
    scaled = number * 100 // 1024**power
    whole, rest = divmod(abs(scaled), 100)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:02d} {_UNITS[power]}"


def instant_text(value: datetime) -> str:
    """Return an instant to the minute, UTC."""
    return f"{value:%Y-%m-%d %H:%M}"


def _plain(value: Any) -> str:
    return NULL if value is None else escape(str(value))


def _integer(value: Any) -> str:
    return NULL if value is None else f"{value:,}"


def _bytes(value: Any) -> str:
    return NULL if value is None else f'<data value="{value}">{bytes_text(value)}</data>'


def _decimal(value: Any) -> str:
    if value is None:
        return NULL
    whole, point, rest = str(value).partition(".")
    sign = "-" if whole.startswith("-") else ""
    rest = rest[:_DECIMALS].rstrip("0")
    point = point if rest else ""
    return f'<data value="{value}">{sign}{abs(int(whole)):,}{point}{rest}</data>'


def _ratio(value: Any) -> str:
    return NULL if value is None else f'<data value="{value}">{value:.4g}</data>'


def _boolean(value: Any) -> str:
    return NULL if value is None else "yes" if value else "no"


def _timestamp(value: Any) -> str:
    if value is None:
        return NULL
    return f'<time datetime="{value.isoformat()}">{instant_text(value)}</time>'


def _date(value: Any) -> str:
    return NULL if value is None else f'<time datetime="{value}">{value}</time>'


def _list(value: Any) -> str:
    return NULL if value is None else escape(", ".join(map(str, value)))


def _json(value: Any) -> str:
    if value is None:
        return NULL
    raw = bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)
    if len(raw) <= 40:
        return f"<code>{escape(raw.decode())}</code>"
    shown = escape(msgspec.json.format(raw, indent=2).decode())
    return f"<details><summary>show</summary><pre>{shown}</pre></details>"


def _identifier(value: Any) -> str:
    return NULL if value is None else f'<span class="id">{escape(str(value))}</span>'


def _link(asset: Asset, name: str) -> Cell | None:
    if asset.scope == "cdp:read":
        found = _FILPLUS_LINKS.get(name)
        is_id: Callable[[str], Any] = _ACTOR.fullmatch
    else:
        found = _VALIDATOR_LINKS.get(name)
        is_id = bool
    if found is None:
        return None
    start = f'<a href="{PREFIX}{found}'

    def link(value: Any) -> str:
        text = "" if value is None else str(value)
        if not is_id(text):
            return _plain(value)
        return f'{start}{quote(text, safe="")}">{escape(text)}</a>'

    return link


_CELLS: Mapping[str, Cell] = {
    "uuid": _identifier,
    "bytes": _bytes,
    "decimal": _decimal,
    "ratio": _ratio,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "date": _date,
    "texts": _list,
    "numbers": _list,
    "json": _json,
}
