"""Prices of chains' units, from a file or a web address of one stated shape (validator §5).

CSV with the header ``chain_id,quote_ccy,as_of,price``, or JSON: a list of objects with these keys,
or an object whose ``rates`` is that list. ``as_of`` is an ISO instant with its offset, ``price``
the quote currency per display unit, as text or as a number; nothing passes through a float. A
document may hold any days; the same instant twice must have the same price.

Scope: fetching and reading the document; not here: the table (``cdp_assets.validators.pnl``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from cdp_assets.errors import BadConfiguration, CdpError, InvalidSourceResponse
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import InvalidResponse, validate_by

READ_SECONDS = 30.0
_COLUMNS = ("chain_id", "quote_ccy", "as_of", "price")
_CURRENCY = re.compile(r"[A-Z]{3,5}")
_DECIMALS = 18  # of the table's column


@dataclass(frozen=True, slots=True)
class FxRate:
    """A price: quote currency per display unit of a chain at an instant, UTC."""

    chain_id: str
    quote_ccy: str
    as_of: datetime
    price: Decimal


def read_price_file(path: Path) -> list[FxRate]:
    """Return the prices of a file.

    Raises:
        BadConfiguration: It cannot be read.
        InvalidSourceResponse: It has another shape.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise BadConfiguration(
            f"the file of prices cannot be read ({type(error).__name__})",
            key=str(path),
            hint="correct CDP_FX_SOURCE, or let the user that runs this read the file",
        ) from None
    return read_prices(body)


def fetch_prices(http: HttpClient) -> Reply[list[FxRate]]:
    """Fetch the prices of a web address; store the responses before reading the value."""
    values: list[list[FxRate]] = []

    def validate(status: int, body: bytes) -> CdpError | None:
        def read(got: bytes) -> None:
            values.append(read_prices(got))

        if _is_json(body):
            return validate_by(read)(status, body)
        try:
            read(body)
        except InvalidSourceResponse as error:
            return InvalidResponse(f"{error.key}: {error.message}" if error.key else error.message)
        return None

    call = Request(name="prices", path="")
    return Reply(call.name, http.send(call, validate), values)


def read_prices(body: bytes) -> list[FxRate]:
    """Return the prices of a document, ascending.

    Raises:
        InvalidSourceResponse: The shape is another one, or an instant has two prices.
    """
    found: dict[tuple[str, str, datetime], FxRate] = {}
    for number, entry in enumerate(_entries(body), 1):
        rate = _rate(entry, number)
        if found.setdefault((rate.chain_id, rate.quote_ccy, rate.as_of), rate) != rate:
            raise InvalidSourceResponse(
                f"two prices of one instant, {rate.as_of.isoformat()}", key=f"entry {number}"
            )
    return [found[key] for key in sorted(found)]


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"[", b"{")


def _entries(body: bytes) -> Iterable[Mapping[str, Any]]:
    if _is_json(body):
        try:
            document = parse_exact(body)
        except NotJson as error:
            raise InvalidSourceResponse(f"malformed JSON ({error})") from None
        entries = document.get("rates") if isinstance(document, dict) else document
        if not isinstance(entries, list):
            raise InvalidSourceResponse("no list of prices", hint="give a list, or rates: […]")
        return entries
    try:
        rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")), strict=True)
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise InvalidSourceResponse(f"the header of the CSV must be {','.join(_COLUMNS)}")
        return list(rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidSourceResponse(f"neither JSON nor CSV ({error})") from None


def _rate(entry: Any, number: int) -> FxRate:
    if not isinstance(entry, dict) or not set(_COLUMNS) <= set(entry):
        raise InvalidSourceResponse(f"needs {', '.join(_COLUMNS)}", key=f"entry {number}")
    chain_id, currency, as_of, price = (entry[name] for name in _COLUMNS)
    if not isinstance(chain_id, str) or not chain_id:
        raise InvalidSourceResponse("chain_id is no text", key=f"entry {number}")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise InvalidSourceResponse("quote_ccy is no code such as USD", key=f"entry {number}")
    return FxRate(chain_id, currency, _instant(as_of, number), _price(price, number))


def _instant(value: Any, number: int) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise InvalidSourceResponse(
            "as_of is no instant with an offset such as 2025-01-20T12:00:00Z",
            key=f"entry {number}",
        )
    return instant.astimezone(UTC)


def _price(value: Any, number: int) -> Decimal:
    try:
        price = None if isinstance(value, bool) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        price = None
    if price is None or not price.is_finite() or price <= 0:
        raise InvalidSourceResponse("price is no number above 0", key=f"entry {number}")
    if price != round(price, _DECIMALS):
        raise InvalidSourceResponse(f"price has over {_DECIMALS} decimals", key=f"entry {number}")
    return price
