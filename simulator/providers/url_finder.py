"""The URL finder: how well the files of a storage provider can be fetched (compliance §2.2).

Scope: its responses as a function of (seed, provider, day of the simulated clock), and values set
from outside; not here: faults.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.randomness import hashed, share
from simulator.server.clock import SimulatedClock, read_instant

LARGEST_BULK = 100
_ACTOR = re.compile(r"f0\d+")
_UNKNOWN_SHARE = 0.03
_UNTESTED_SHARE = 0.08
_UNTESTED_RESULTS = (
    "NoPeerId",
    "NoCidContactData",
    "MissingAddrFromCidContact",
    "MissingHttpAddrFromCidContact",
    "FailedToGetWorkingUrl",
    "NoDealsFound",
    "TimedOut",
    "ProviderMoved",  # newer services report codes that readers do not know yet
)
# 25 providers with tries: 7 below 1 %, 5 from 1 to 25 %, 4 from 50 to 75 %, 9 above (calibration).
# Basis points; one entry per provider of that sample.
_CLASSES = ((0, 100),) * 7 + ((100, 2_500),) * 5 + ((5_000, 7_500),) * 4 + ((8_500, 9_800),) * 9


class UrlFinder:
    """The service.

    Args:
        seed: Decides which provider is good, bad, untested or unknown.
        clock: Its day is the day of the newest test.
    """

    def __init__(self, seed: int, clock: SimulatedClock) -> None:
        self._seed = seed
        self._clock = clock
        self._fixed: dict[tuple[str, str], float | None] = {}
        self._only_fixed = False

    def fix(self, rates: list[dict[str, Any]], *, only: bool) -> None:
        """Set the percentages of given days.

        Args:
            rates: ``{"provider", "date" (instant or YYYY-MM-DD), "percent" (0-100 or null)}``.
            only: Whether the service knows no other provider on any day.

        Raises:
            ValueError: An entry of another form.
        """
        found: dict[tuple[str, str], float | None] = {}
        for rate in rates:
            if not isinstance(rate, dict) or not {"provider", "date", "percent"} <= set(rate):
                raise ValueError("a rate has provider, date and percent")
            date = str(rate["date"])
            day = date if len(date) == 10 else read_instant(date).date().isoformat()
            found[str(rate["provider"]), day] = rate["percent"]
        self._fixed.update(found)
        self._only_fixed = only

    def forget(self) -> None:
        """Return to the generated values."""
        self._fixed.clear()
        self._only_fixed = False

    def routes(self) -> list[Route]:
        """Return the service's routes."""
        return [
            Route("/providers/bulk", self._bulk, methods=["POST"]),
            Route("/providers/{provider}", self._provider),
            Route("/providers/{provider}/clients/{client}", self._provider),
        ]

    async def _provider(self, request: Request) -> JSONResponse:
        provider = request.path_params["provider"]
        client = request.path_params.get("client")
        if not all(_ACTOR.fullmatch(one) for one in (provider, client or "f00")):
            return _refuse(400, "InvalidAddress", "addresses look like f01234")
        entry = self.entry(provider, client)
        if entry is None:
            return _refuse(404, "NotFound", f"no results for {provider}")
        if request.query_params.get("extended") != "true":
            entry = {
                name: entry[name]
                for name in ("provider_id", "client_id", "working_url", "retrievability_percent")
            }
        return JSONResponse(entry)

    async def _bulk(self, request: Request) -> JSONResponse:
        try:
            requested = (await request.json())["provider_ids"]
        except (ValueError, KeyError, TypeError):
            requested = None
        if not isinstance(requested, list) or not all(isinstance(one, str) for one in requested):
            return _refuse(400, "InvalidRequest", "provider_ids is a list of addresses")
        if not 1 <= len(requested) <= LARGEST_BULK:
            return _refuse(400, "InvalidRequest", f"1 to {LARGEST_BULK} provider_ids")
        if not all(_ACTOR.fullmatch(one) for one in requested):
            return _refuse(400, "InvalidAddress", "addresses look like f01234")
        entries = {provider: self.entry(provider, None) for provider in requested}
        body: dict[str, Any] = {"providers": [one for one in entries.values() if one]}
        missing = [provider for provider, entry in entries.items() if entry is None]
        if missing:
            body["not_found"] = missing
        return JSONResponse(body)

    def entry(self, provider: str, client: str | None) -> dict[str, Any] | None:
        """Return a provider's entry of today; null when the service does not know it."""
        now = self._clock.now
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        key = (provider, day.date().isoformat())
        if key in self._fixed:
            percent, result = self._fixed[key], "Success"
        elif self._only_fixed or share(self._seed, "known", provider) < _UNKNOWN_SHARE:
            return None
        else:
            percent, result = self._generated(provider, client, key[1])
        tested = min(day + timedelta(seconds=hashed(self._seed, "at", *key) % 3_600), now)
        if percent is None and result == "Success":
            result = "Error"
        return {
            "provider_id": provider,
            "client_id": client,
            "working_url": None if percent is None else f"http://{provider}.provider.example/piece",
            "retrievability_percent": percent,
            "car_files_percent": None if percent is None else round(percent * 0.97, 2),
            "tested_at": _text(tested),
            "performance": self._performance(provider, key[1], tested, percent),
            "diagnostics": {"result_code": result},
            "error": None if percent is not None else "no working URL",
            "error_code": None if percent is not None else result,
        }

    def _generated(self, provider: str, client: str | None, day: str) -> tuple[float | None, str]:
        """Return a percentage with two decimals: the provider's level, varied by day and client."""
        if share(self._seed, "tested", provider) < _UNTESTED_SHARE:
            place = hashed(self._seed, "result", provider) % len(_UNTESTED_RESULTS)
            return None, _UNTESTED_RESULTS[place]
        low, high = _CLASSES[hashed(self._seed, "class", provider) % len(_CLASSES)]
        level = low + hashed(self._seed, "level", provider) % (high - low)
        width = max(1, (high - low) // 20)
        moved = level + hashed(self._seed, "day", provider, client or "", day) % (2 * width) - width
        return min(10_000, max(0, moved)) / 100, "Success"

    def _performance(
        self, provider: str, day: str, tested: datetime, percent: float | None
    ) -> dict[str, Any]:
        """Return the bandwidth test: sometimes of the day before, sometimes with no result."""
        if percent is None:
            return {"bandwidth": None, "geolocation": None}
        draw = share(self._seed, "bandwidth", provider, day)
        measured = draw >= 0.05
        at = tested - timedelta(days=1) if draw > 0.9 else tested
        speed = hashed(self._seed, "speed", provider, day) % 90_000
        return {
            "bandwidth": {
                "status": "Completed" if measured else "Failed",
                "tested_at": _text(at),
                "ping_avg_ms": round(20 + speed / 1_000, 2) if measured else None,
                "head_avg_ms": round(60 + speed / 500, 2) if measured else None,
                "ttfb_ms": round(80 + speed / 300, 2) if measured else 0,
                "download_speed_mbps": round(10 + speed / 100, 2) if measured else 0,
            },
            "geolocation": {"status": "Completed", "tested_at": _text(at)},
        }


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _refuse(status: int, code: str, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence, "error_code": code}, status_code=status)
