"""Client of FilSpark: retrieval tries and successes per provider and day (compliance §2.2).

Scope: the call and reading its rows; not here: the table (``cdp_assets.filplus``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import counted
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.response_validation import validate_by

READ_SECONDS = 30.0  # one response holds the day of all providers
_PROVIDER = re.compile(r"f0\d+")


@dataclass(frozen=True, slots=True)
class DailyRetrievals:
    """One provider's tries of a day; HTTP metrics null where the service does not report them."""

    provider: str
    total: int
    successful: int
    success_rate: Decimal
    successful_http: int | None
    success_rate_http: Decimal | None


class FilSpark:
    """Client of the service. It has a history, so past days can be fetched."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def day(self, day: date) -> RequestResult:
        """Fetch one day; read the response with :func:`read_day`."""
        text = day.isoformat()
        return self.http.send(
            Request(
                name=f"day:{text}",
                path="/miners/retrieval-success-rate/summary",
                query={"from": text, "to": text},
            ),
            validate_by(read_day),
        )


def read_day(body: bytes) -> tuple[list[DailyRetrievals], dict[str, str]]:
    """Return the rows of a response by provider, and the reason for each unreadable entity.

    Raises:
        InvalidSourceResponse: No list.
    """
    try:
        document = parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
    if not isinstance(document, list):
        raise InvalidSourceResponse("the response is no list of providers")
    found: dict[str, DailyRetrievals] = {}
    unreadable: dict[str, str] = {}
    for place, entry in enumerate(document):
        name = str(entry.get("miner_id")) if isinstance(entry, dict) else ""
        try:
            row = _row(entry)
        except InvalidSourceResponse as error:
            unreadable[name if _PROVIDER.fullmatch(name) else f"entry {place}"] = error.message
            continue
        if found.setdefault(row.provider, row) != row:
            unreadable[row.provider] = "the response has two rates for one provider"
    return [found[provider] for provider in sorted(set(found) - set(unreadable))], unreadable


def _row(entry: Any) -> DailyRetrievals:
    if not isinstance(entry, dict) or not _PROVIDER.fullmatch(str(entry.get("miner_id"))):
        raise InvalidSourceResponse("the entry names no provider")
    total, successful = _count(entry, "total"), _count(entry, "successful")
    http = _count(entry, "successful_http")
    if total is None or successful is None:
        raise InvalidSourceResponse("total or successful is missing")
    if successful > total or (http or 0) > total:
        raise InvalidSourceResponse(f"more successes than {counted(total, 'try', 'tries')}")
    rate = _ratio(entry, "success_rate")
    return DailyRetrievals(
        entry["miner_id"],
        total,
        successful,
        Decimal(0) if rate is None else rate,
        http,
        _ratio(entry, "success_rate_http"),
    )


def _count(entry: dict[str, Any], name: str) -> int | None:
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value)):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a count")
    return int(value)


def _ratio(entry: dict[str, Any], name: str) -> Decimal | None:
    value = entry.get(name)
    if value is None:
        return None
    if type(value) is not int and not isinstance(value, Decimal):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}")
    if not 0 <= value <= 1:
        raise InvalidSourceResponse(f"{name} is {value}, not 0 to 1")
    return Decimal(value)
