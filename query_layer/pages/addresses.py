"""Addresses on pages: the same rows as JSON, as a file, on the next page, in another order.

Scope: links that follow from a query; not here: links of values (``query_layer.pages.cells``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlencode

from query_layer.pages.page import PREFIX
from query_layer.pages.part_reader import PartQuery
from query_layer.read.list_query import list_filters
from query_layer.registry.asset import Asset
from query_layer.registry.asset_routes import export_route

_FIRST_DAY = "2020-01-01"  # before the first partition of any table
_PAGING = ("cursor", "offset", "page")
# Parameters of a list that are none of a file's rows.
_OF_LISTS = (*_PAGING, "sort", "order", "limit", "count", "if_version", "format", "fields")
# Pages of a row, by asset: the address and the columns in it.
_ROWS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "allocator_report": ("/reports/allocators/{}/{}", ("allocator", "allocator_report_id")),
    "allocator_score_explained": (
        "/reports/allocators/{}/{}",
        ("allocator", "allocator_report_id"),
    ),
    "allocator_score_weekly": ("/reports/allocators/{}/{}", ("allocator", "allocator_report_id")),
    "client_report": ("/reports/clients/{}/{}", ("client", "client_report_id")),
    "partner_commission_statements": (
        "/chains/{}/partners/{}/statements/{}",
        ("chain_id", "introducer_id", "month"),
    ),
    "validator_pnl": ("/chains/{}/validators/{}", ("chain_id", "validator_key")),
}


def with_pairs(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address with query parameters."""
    query = urlencode(list(pairs))
    return f"{path}?{query}" if query else path


def without(pairs: Iterable[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    """Return parameters without some."""
    return [(name, text) for name, text in pairs if name not in names]


def filled(path: str, values: Mapping[str, str]) -> str:
    """Return a path with its variables replaced."""
    for name, text in values.items():
        path = path.replace(f"{{{name}}}", quote(text, safe=""))
    return path


def json_address(asked: PartQuery) -> str:
    """Return where the same rows are as JSON."""
    return with_pairs(filled(asked.part.route.path, asked.path), asked.pairs)


def list_address(asked: PartQuery) -> str:
    """Return the page of all rows of a part."""
    path = PREFIX + asked.part.route.path.removeprefix("/v1")
    return with_pairs(filled(path, asked.path), asked.pairs)


def export_address(asked: PartQuery, partition: object) -> str | None:
    """Return where the rows of all pages are as a file, with the same filters.

    Null where the file has not all of the filters that the route has.
    """
    route = asked.query.route
    file = export_route(route.asset)
    filters = list_filters(file)
    fixed = [(p.column, asked.path[p.name]) for p in route.parameters if p.column]
    fixed += [(column, _text(value)) for column, value in route.where]
    named = {f.columns: f.name for f in filters if f.test == "equal"}
    if any((column,) not in named for column, _ in fixed):
        return None
    pairs = [(named[(column,)], value) for column, value in fixed]
    pairs += without(asked.pairs, *_OF_LISTS, route.partition_name)
    if partition is not None:
        pairs.append((file.partition_name, str(partition)))
    elif route.asset.partition is not None and not _names(pairs) & {"from", "to"}:
        pairs.append(("from", _FIRST_DAY))
    known = {f.name for f in filters} | {file.partition_name}
    if len(_names(pairs)) < len(pairs) or not _names(pairs) <= known:
        return None
    return with_pairs(file.path, [*pairs, ("format", "csv")])


def _names(pairs: Iterable[tuple[str, str]]) -> set[str]:
    return {name for name, _ in pairs}


def sorted_address(here: str, pairs: Sequence[tuple[str, str]], sort: str) -> str:
    """Return the page in another order, from its first row."""
    return with_pairs(here, [*without(pairs, *_PAGING, "sort", "order"), ("sort", sort)])


def next_address(here: str, pairs: Sequence[tuple[str, str]], cursor: str) -> str:
    """Return the page of the next rows."""
    return with_pairs(here, [*without(pairs, *_PAGING), ("cursor", cursor)])


def first_address(here: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the page of the first rows."""
    return with_pairs(here, without(pairs, *_PAGING))


def row_page(asset: Asset, columns: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the pattern of the page of a row with the columns in it; null: rows have none."""
    found = _ROWS.get(asset.name)
    if found is None or not set(found[1]) <= set(columns):
        return None
    return PREFIX + found[0], found[1]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
