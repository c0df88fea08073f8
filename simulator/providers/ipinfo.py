"""The IP location service (compliance §2.2).

Scope: a place for every public address, and ``bogon`` for the others; not here: addresses of
providers (``peers``).
"""

from __future__ import annotations

import ipaddress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.randomness import hashed

_PLACES = (
    ("Beijing", "Beijing", "CN", "39.9149,116.4039"),
    ("Hong Kong", "Hong Kong", "HK", "22.2783,114.1747"),
    ("Seoul", "Seoul", "KR", "37.5660,126.9784"),
    ("Singapore", "Singapore", "SG", "1.2897,103.8501"),
    ("Ashburn", "Virginia", "US", "39.0437,-77.4875"),
    ("San Jose", "California", "US", "37.3394,-121.8950"),
    ("Frankfurt am Main", "Hesse", "DE", "50.1155,8.6842"),
    ("Warsaw", "Mazovia", "PL", "52.2298,21.0118"),
)


class IpInfo:
    """The service.

    Attributes:
        places: Documents by address that replace the generated ones.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.places: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        """Return the service's only route."""
        return [Route("/{address}", self._respond)]

    async def _respond(self, request: Request) -> JSONResponse:
        try:
            address = ipaddress.ip_address(request.path_params["address"])
        except ValueError:
            return JSONResponse({"error": {"title": "Wrong ip"}}, status_code=404)
        if str(address) in self.places:
            return JSONResponse({"ip": str(address), **self.places[str(address)]})
        if not address.is_global:
            return JSONResponse({"ip": str(address), "bogon": True})
        city, region, country, loc = _PLACES[hashed(self._seed, address) % len(_PLACES)]
        return JSONResponse(
            {
                "ip": str(address),
                "city": city,
                "region": region,
                "country": country,
                "loc": loc,
                "org": "AS64500 Example",
                "postal": "0",
                "timezone": "UTC",
            }
        )
