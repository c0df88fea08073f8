"""Parameters of compat routes: from the query string to values, by the live platform's rules.

Booleans are ``1/true/yes/on`` and ``0/false/no/off``, any other text leaves the default; days are
ISO days or instants, UTC; ``limit`` and ``page`` come together or not at all; unknown parameters
are ignored (compliance.md §7.1). Scope: values; not here: SQL (``query_layer.compat.statements``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from query_layer.compat.route import MAX_LIMIT, CompatRoute, Given
from query_layer.read.parameters import validation_error

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_EDITIONS = ("4", "5", "6")
_MOST_PAGES = 2**53


@dataclass(frozen=True)
class CompatQuery:
    """A request to a compat route.

    Attributes:
        route: Which.
        values: Of path and query parameters by name; null where absent.
        sort: Field to sort by; null: the route's order.
        descending: Direction of that sort.
        limit: Rows of a page; null: all.
        page: Number of the page from 1; null without a limit.
    """

    route: CompatRoute
    values: Mapping[str, Any]
    sort: str | None
    descending: bool
    limit: int | None
    page: int | None

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return 0 if self.limit is None or self.page is None else self.limit * (self.page - 1)

    def cache_key(self) -> str:
        """Return what tells this request from others."""
        return repr(
            (
                self.route.path,
                sorted((name, str(value)) for name, value in self.values.items()),
                self.sort,
                self.descending,
                self.limit,
                self.page,
            )
        )


def parse(
    route: CompatRoute, path: Mapping[str, str], items: Sequence[tuple[str, str]]
) -> CompatQuery:
    """Return the request of an address.

    Args:
        route: Which.
        path: Path parameters.
        items: Pairs of the query string, in order; of a repeated one the last counts.

    Raises:
        ApiError: VALIDATION_FAILED, which becomes 400.
    """
    texts = {name: text for name, text in items if text != ""}
    if any("\x00" in text for text in (*texts.values(), *path.values())):
        raise _wrong("query", "may not contain a zero character")
    values: dict[str, Any] = dict(path)
    for given in route.given:
        if given.kind == "list":
            found = [part for name, text in items if name == given.name for part in text.split(",")]
            values[given.name] = [part for part in found if part] or None
        else:
            values[given.name] = _value(given, texts.get(given.name))
        if given.is_required and values[given.name] is None:
            raise _wrong(given.name, "is required")
    for name, value, other, excluded in route.excludes:
        if values[name] == value and values[other] == excluded:
            raise _wrong(name, f"is not available with {other} {excluded}")
    if values.get("editionId") in route.refused:
        raise _wrong("editionId", "is not available here")
    limit, page = _paging(texts) if route.is_paged else (None, None)
    sort, descending = _sorting(route, texts) if route.is_sorted else (None, False)
    return CompatQuery(route, values, sort, descending, limit, page)


def _value(given: Given, text: str | None) -> Any:
    if text is None:
        return given.default
    if given.kind == "flag":
        lowered = text.lower()
        return True if lowered in _TRUE else False if lowered in _FALSE else given.default
    if given.kind == "edition":
        if text not in _EDITIONS:
            raise _wrong(given.name, "must be 4, 5 or 6")
        return int(text)
    if given.kind == "choice":
        if text not in given.choices:
            raise _wrong(given.name, f"must be one of {', '.join(given.choices)}")
        return text
    if given.kind == "number":
        return _number(given.name, text)
    if given.kind == "positive":
        return _positive(given.name, text, MAX_LIMIT)
    return _day(given.name, text) if given.kind == "day" else text


def _number(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _wrong(name, "must be a number") from None
    if not value.is_finite() or abs(value) > 10**18:
        raise _wrong(name, "must be a number")
    return value


def _day(name: str, text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "must be an ISO day or instant") from None
    instant = value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise _wrong(name, "must be an ISO day or instant") from None


def _paging(texts: Mapping[str, str]) -> tuple[int | None, int | None]:
    limit, page = texts.get("limit"), texts.get("page")
    if limit is None and page is None:
        return None, None
    if limit is None or page is None:
        raise _wrong("limit", "and page must be given together")
    return _positive("limit", limit, MAX_LIMIT), _positive("page", page, _MOST_PAGES)


def _positive(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 17 and 0 < int(text) <= most):
        raise _wrong(name, f"must be a whole number from 1 to {most}")
    return int(text)


def _sorting(route: CompatRoute, texts: Mapping[str, str]) -> tuple[str | None, bool]:
    sort, order = texts.get("sort"), texts.get("order")
    if order is not None and order.lower() not in ("asc", "desc"):
        raise _wrong("order", "must be asc or desc")
    if sort is None:
        if order is None:
            return None, False
        if not route.sorts or route.default_order == "asc":
            raise _wrong("order", "needs sort")
        sort = route.sorts[0]
    if route.sorts and sort not in route.sorts:
        return None, False
    return sort, (order or route.default_order).lower() == "desc"


def _wrong(name: str, reason: str) -> Exception:
    return validation_error([{"parameter": name, "reason": reason}])
