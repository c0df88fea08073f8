"""Client of the URL finder: how much of a storage provider is retrievable (compliance §2.2).

Scope: the two calls and reading their responses; not here: which providers or pairs to request,
or the daily tables (``cdp_assets.filplus``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import counted
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.raw_response import RawResponse
from resources.http.response_validation import EndpointNotFound, Validator, validate_by

READ_SECONDS = 5.0  # the live platform's limit
LARGEST_BULK = 100
LONGEST_URL = 2_048
BULK, PAIR = "bulk", "pair"  # prefixes of the names of those requests
_NOT_FOUND = frozenset({404})
_EXTENDED = {"extended": "true"}


@dataclass(frozen=True, slots=True)
class Retrievability:
    """What the URL finder reports of one provider.

    Attributes:
        provider: ``f0…`` id.
        retrievability_percent: 0 to 100; null when known but not measured.
    """

    provider: str
    retrievability_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class PairFound:
    """What the URL finder reports of the pieces of one client at one provider.

    Attributes:
        working_url: http(s) address at which a piece was found; null: none found.
        retrievability_percent: 0 to 100; null when known but not measured.
    """

    working_url: str | None
    retrievability_percent: Decimal | None


class UrlFinder:
    """Client of one URL finder. A pair that it does not know is no failure."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def fetch_provider_client(self, provider: str, client: str) -> RequestResult:
        """Fetch a client at a provider; read the response with :func:`read_provider_client`."""
        return self.http.send(
            Request(
                name=f"{PAIR}:{provider}/{client}",
                path=f"/providers/{quote(provider, safe='')}/clients/{quote(client, safe='')}",
                query=_EXTENDED,
                accepted=_NOT_FOUND,
            ),
            _validate_known(lambda status, body: _read_pair(status, body, provider, client)),
        )

    def fetch_bulk(self, providers: Sequence[str]) -> RequestResult:
        """Fetch 1 to 100 providers at once; read the response with :func:`read_bulk`."""
        if not 1 <= len(providers) <= LARGEST_BULK:
            raise ValueError(f"1 to {LARGEST_BULK} providers at once")
        body = json.dumps({"provider_ids": list(providers)}, separators=(",", ":")).encode()
        name = f"{BULK}:{providers[0]}..{providers[-1]}"
        return self.http.send(
            Request(name=name, method="POST", path="/providers/bulk", query=_EXTENDED, body=body),
            validate_by(lambda got: _read_many(got, providers)),
        )


def _validate_known(read: Callable[[int, bytes], object]) -> Validator:
    """Validate a response that may be a 404; only the service's own "not known" is a valid one."""

    def read_known(status: int, body: bytes) -> None:
        if status == 404:
            code = str(_document(body).get("error_code")).lower().replace("_", "")
            if code != "notfound":
                raise EndpointNotFound
        read(status, body)

    return lambda status, body: validate_by(lambda got: read_known(status, got))(status, body)


def read_provider_client(response: RawResponse, provider: str, client: str) -> PairFound | None:
    """Read the response for a client at a provider; null when the URL finder knows no such pair.

    Raises:
        InvalidSourceResponse: Another provider or client, no working address (not even null), one
            that is no http(s) URL of at most 2,048 characters, or a percentage that is none.
    """
    return _read_pair(response.http_status, response.body, provider, client)


def _read_pair(status: int, body: bytes, provider: str, client: str) -> PairFound | None:
    document = _document(body)
    if status == 404:
        return None
    pair = f"{provider}/{client}"
    for field, requested in (("provider_id", provider), ("client_id", client)):
        named = document.get(field, requested)
        if named != requested:
            raise InvalidSourceResponse(f"the response is about {str(named)[:40]!r}", key=pair)
    return PairFound(_working_url(document, pair), _percent(document, pair))


def _working_url(document: dict[str, Any], pair: str) -> str | None:
    if "working_url" not in document:
        raise InvalidSourceResponse("the response has no working_url", key=pair)
    url = document["working_url"]
    if url is None:
        return None
    if not isinstance(url, str) or not _is_web_address(url):
        raise InvalidSourceResponse(f"working_url is {str(url)[:60]!r}, no http(s) URL", key=pair)
    return url


def _is_web_address(text: str) -> bool:
    if len(text) > LONGEST_URL or not text.isprintable() or any(map(str.isspace, text)):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port  # a port that is none raises
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


@dataclass(frozen=True, slots=True)
class BulkResponse:
    """The content of a bulk response; unknown providers are in neither.

    Attributes:
        found: Retrievability by provider, in ascending text order.
        unreadable: Reason by provider whose entry is unreadable.
    """

    found: dict[str, Retrievability]
    unreadable: dict[str, str]


def read_bulk(response: RawResponse, requested: Sequence[str]) -> BulkResponse:
    """Read a bulk response.

    Raises:
        InvalidSourceResponse: A provider that was not requested, or one that is neither there nor
            reported as not found: then no part of the response is trusted.
    """
    return _read_many(response.body, requested)


def _read_many(body: bytes, requested: Sequence[str]) -> BulkResponse:
    document = _document(body)
    rows, unknown = document.get("providers"), document.get("not_found") or []
    if not isinstance(rows, list) or not isinstance(unknown, list):
        raise InvalidSourceResponse("the bulk response has no list of providers")
    found: dict[str, Retrievability] = {}
    unreadable: dict[str, str] = {}
    whole = {
        row["provider_id"] for row in _checked_rows(rows, requested) if not row.get("client_id")
    }
    for row in rows:
        provider = row["provider_id"]
        if row.get("client_id") and provider in whole:
            continue  # the same provider seen by one client; the value of all clients is wanted
        try:
            seen = Retrievability(provider, _percent(row, provider))
        except InvalidSourceResponse as error:
            unreadable.setdefault(provider, error.message)
            continue
        if found.setdefault(provider, seen) != seen:
            unreadable.setdefault(provider, "the response has two values for one provider")
    missing = sorted(
        set(requested) - set(found) - set(unreadable) - {str(name) for name in unknown}
    )
    if missing:
        raise InvalidSourceResponse(
            f"a partial response: {len(missing)} of {counted(len(requested), 'provider')} neither "
            f"found nor reported as not found, first {missing[0]}"
        )
    readable = sorted(set(found) - set(unreadable))
    return BulkResponse({provider: found[provider] for provider in readable}, unreadable)


def _checked_rows(rows: list[Any], requested: Sequence[str]) -> list[dict[str, Any]]:
    for row in rows:
        provider = row.get("provider_id") if isinstance(row, dict) else None
        if not isinstance(provider, str) or provider not in requested:
            raise InvalidSourceResponse(
                f"the response holds {str(provider)[:40]!r}, which was not requested"
            )
    return rows


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the response is no JSON object")
    return document


def _percent(row: dict[str, Any], provider: str) -> Decimal | None:
    value = row.get("retrievability_percent")
    if value is None:
        return None
    if type(value) is not int and not isinstance(value, Decimal):
        raise InvalidSourceResponse(f"retrievability_percent is {str(value)[:40]!r}", key=provider)
    percent = Decimal(value)
    if not 0 <= percent <= 100:
        raise InvalidSourceResponse(
            f"retrievability_percent is {percent}, not 0 to 100", key=provider
        )
    return percent
