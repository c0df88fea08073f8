"""Client of the IP location service (ipinfo.io, compliance §2.2).

Scope: the call and reading its response; not here: which address of a provider counts
(``cdp_assets.filplus.providers.ip_info.location``) or resolving names (``resources.http.dns``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from cdp_assets.errors import CdpError, InvalidSourceResponse
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.response_validation import EndpointNotFound, validate_by

READ_SECONDS = 5.0  # compliance §2.2
_LOCATION = re.compile(r"(-?\d{1,3}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)")
_TEXTS = ("country", "region", "city", "ip", "org", "postal", "timezone")
_NOT_KNOWN = frozenset({404})
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Location:
    """Where an address is; latitude and longitude as the service writes them, null: not reported.

    ``org`` is the network that holds the address, such as "AS64500 Example".
    """

    lat: str | None
    long: str | None
    country: str | None
    region: str | None
    city: str | None
    ip: str | None = None
    org: str | None = None
    postal: str | None = None
    timezone: str | None = None


class IpLocator:
    """Client of the service; the token goes in a header, so that no URL contains it."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def locate(self, address: str) -> RequestResult:
        """Fetch the location of one IP address; read the response with :func:`read_location`."""
        ip = ipaddress.ip_address(address)
        return self.http.send(
            Request(name=f"ip:{ip}", path=f"/{ip}", accepted=_NOT_KNOWN),
            lambda status, body: _validate(status, body, ip),
        )


def _validate(status: int, body: bytes, ip: _Ip) -> CdpError | None:
    """Validate a response: one that names no address is not the service's, however it looks."""
    if status == 404:
        return None if _is_wrong_ip(body) else EndpointNotFound()

    def read(got: bytes) -> None:
        read_location(got)
        document = parse_exact(got)
        if not document.get("bogon") and not _is_about(document.get("ip"), ip):
            raise InvalidSourceResponse(f"the response is about {str(document.get('ip'))[:40]!r}")

    return validate_by(read)(status, body)


def _is_wrong_ip(body: bytes) -> bool:
    """Return whether a 404 is the service's: {"status": 404, "error": {"title": "Wrong ip"}}."""
    try:
        document = parse_exact(body)
    except NotJson:
        return False
    error = document.get("error") if isinstance(document, dict) else None
    return isinstance(error, dict) and str(error.get("title")).lower() == "wrong ip"


def _is_about(named: object, ip: _Ip) -> bool:
    try:
        return ipaddress.ip_address(str(named)) == ip
    except ValueError:
        return False


def credential(token: SecretStr | None) -> dict[str, SecretStr]:
    """Return the header that carries the token; none without a token."""
    if token is None:
        return {}
    return {"authorization": SecretStr(f"Bearer {token.get_secret_value()}")}


def read_location(body: bytes) -> Location | None:
    """Return the location in a response; null for an address without an owner (bogon).

    Raises:
        InvalidSourceResponse: No such document, or coordinates that are none.
    """
    try:
        document: Any = parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the response is no JSON object")
    if document.get("bogon"):
        return None
    lat = long = None
    loc = document.get("loc")
    if loc:
        found = _LOCATION.fullmatch(str(loc).strip())
        if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
            raise InvalidSourceResponse(f"loc is {str(loc)[:40]!r}")
        lat, long = found[1], found[2]
    return Location(lat, long, *(_text(document, name) for name in _TEXTS))


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}")
    return value
