"""Reading the parts of a page: the same queries and the same reader as the JSON, in one snapshot.

Scope: from the page's address to the envelopes of its parts; not here: HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code
from query_layer.http.list_handler import status_in_snapshot
from query_layer.ops.service import Service
from query_layer.pages.page import Page, Part, default_columns, record_columns
from query_layer.read.database import Reader
from query_layer.read.list_query import ListQuery, parse_list_query
from query_layer.read.page_reader import load_response
from query_layer.read.versions import AssetStatus
from query_layer.registry.route import Route

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class PartQuery:
    """One part with its validated query.

    Attributes:
        part: As declared.
        query: What is read for it.
        pairs: Its query parameters, as they are in an address; columns and number of rows excepted.
        path: Values of the route's path parameters.
        is_main: It takes the page's parameters.
    """

    part: Part
    query: ListQuery
    pairs: tuple[tuple[str, str], ...]
    path: Mapping[str, str]
    is_main: bool


@dataclass(frozen=True)
class LoadedPart:
    """A part that was read.

    Attributes:
        asked: Its query.
        envelope: As in the JSON; null where there is nothing.
        note: Why there is nothing; empty where there is an envelope.
    """

    asked: PartQuery
    envelope: Mapping[str, Any] | None
    note: str


def may_read(claims: Claims, route: Route) -> bool:
    """Return whether a caller has what a route needs."""
    groups = claims.asset_groups
    in_group = groups is None or route.asset.key.partition("/")[0] in groups
    return route.asset.scope in claims.scopes and in_group


def part_queries(
    service: Service, claims: Claims, page: Page, values: Mapping[str, str], pairs: Pairs
) -> list[PartQuery]:
    """Return the queries of the parts that a caller may read; the first one is always among them.

    Raises:
        ApiError: As of ``parse_list_query``.
    """
    found = []
    for number, part in enumerate(page.parts):
        is_main = number == 0 and page.special is None
        if is_main or may_read(claims, part.route):
            found.append(_part_query(service, claims, part, values, pairs if is_main else None))
    return found


def _part_query(
    service: Service, claims: Claims, part: Part, values: Mapping[str, str], pairs: Pairs | None
) -> PartQuery:
    route = part.route.as_seen_by(claims.role)
    given = tuple((name, text.format(**values)) for name, text in part.given)
    own = (*given, *(pairs or ()))
    path = {p.name: values.get(p.name, "") for p in route.parameters}
    path |= {name: text.format(**values) for name, text in part.path}
    added = [] if _has(own, "fields") else [("fields", ",".join(shown_columns(part, route)))]
    if pairs is None and not route.single:
        added.append(("limit", str(part.limit)))
    query = parse_list_query(route, path, [*own, *added], service.signer)
    return PartQuery(part, query, own, path, pairs is not None)


def _has(pairs: Pairs, name: str) -> bool:
    return any(key == name for key, _ in pairs)


@cache
def shown_columns(part: Part, route: Route) -> tuple[str, ...]:
    """Return the columns of a part, as far as the caller is shown them."""
    if part.form == "record" and not part.columns:
        return record_columns(route)
    wanted = (part.x, *part.series) if part.form == "chart" else part.columns
    there = {column.name for column in route.columns}
    return tuple(name for name in wanted if name in there) or default_columns(route)


async def load_parts(
    service: Service, reader: Reader, queries: Sequence[PartQuery]
) -> tuple[list[LoadedPart], list[AssetStatus]]:
    """Return all parts and the statuses of what they read.

    Raises:
        ApiError: Of the first part any; of another one those of the database.
    """
    loaded, statuses = [], []
    for number, asked in enumerate(queries):
        status = await status_in_snapshot(service, reader, asked.query.route.asset)
        statuses.append(status)
        try:
            envelope = await load_response(
                reader, asked.query, status, service.signer, service.now()
            )
            loaded.append(LoadedPart(asked, _as_record(asked, envelope), ""))
        except ApiError as error:
            absent = (Code.RESOURCE_NOT_FOUND, Code.PARTITION_NOT_MATERIALIZED)
            if (number == 0 and asked.is_main) or error.code not in absent:
                raise
            loaded.append(LoadedPart(asked, None, error.message))
    if loaded and loaded[0].asked.is_main and loaded[0].envelope is None:
        raise ApiError(Code.RESOURCE_NOT_FOUND, "There is nothing at this address.")
    return loaded, statuses


def _as_record(asked: PartQuery, envelope: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the envelope of one row where a list was read for its first one; null: it has none."""
    if asked.part.form != "record" or asked.query.route.single:
        return envelope
    return {**envelope, "data": envelope["data"][0]} if envelope["data"] else None
