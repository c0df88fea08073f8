"""The template of clients that fetch JSON documents by GET: one request, one validated reader.

Scope: sending a named request and reading its usable response once; not here: paths and fields
(the modules beside this one).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import to_native
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import validate_by

T = TypeVar("T")
BPS_OF_PERCENT = 100


class JsonApi:
    """Client of one service."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def get(
        self,
        name: str,
        path: str,
        read: Callable[[bytes], T],
        query: Mapping[str, str] | None = None,
        *,
        accepted: frozenset[int] = frozenset(),
    ) -> Reply[T]:
        """Fetch a document; the response is stored before its value is read."""
        values: list[T] = []
        validate = validate_by(lambda got: values.append(read(got)))
        call = Request(name=name, path=path, query=dict(query or {}), accepted=accepted)
        return Reply(name, self.http.send(call, validate), values)


def parsed(body: bytes) -> Any:
    """Return a document with integers as int and reals as Decimal.

    Raises:
        InvalidSourceResponse: Not JSON.
    """
    try:
        return parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None


def rows_of(document: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of objects.

    Raises:
        InvalidSourceResponse: Something else.
    """
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise InvalidSourceResponse(f"the response is no list of {what}")
    return document


def native_of(value: Any, name: str, decimals: int) -> int:
    """Return an amount that a source writes in display units, as a number or as text.

    Raises:
        InvalidSourceResponse: No number.
    """
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            raise InvalidSourceResponse(f"{name} is {value[:40]!r}, no number") from None
    if type(value) not in (int, Decimal) or not Decimal(value).is_finite():
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, no number")
    return to_native(Decimal(value), decimals)


def bps_of_percent(value: Any, name: str) -> int:
    """Return a percentage as basis points.

    Raises:
        InvalidSourceResponse: RATE_NOT_BPS: it is no whole number of them, or not 0 to 100 %.
    """
    if type(value) not in (int, Decimal):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, no number")
    bps = Decimal(value) * BPS_OF_PERCENT
    if bps != bps.to_integral_value() or not 0 <= bps <= BPS_OF_PERCENT * 100:
        raise InvalidSourceResponse(f"RATE_NOT_BPS: {name} is {value} %")
    return int(bps)
