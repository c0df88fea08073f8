"""The control endpoint: sets the clock, the faults and the data of the simulated sources.

Scope: reading control requests; not here: the sources' responses. Production has no such endpoint,
and no client of the product calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.server.clock import read_instant
from simulator.server.faults import read_rules
from simulator.server.world import World


class Control:
    """Routes below ``/control``; a wrong request gets 400 and one sentence."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Return the control routes."""
        return [
            self._route("/control/clock", self._clock, self._set_clock),
            self._route("/control/faults", self._faults, self._add_faults, self._drop_faults),
            self._route("/control/requests", self._requests, None, self._drop_requests),
            self._route("/control/solana", self._solana, self._load, self._drop_solana),
            self._route("/control/solana/restatements", self._solana, self._restate),
            self._route(
                "/control/ethereum", self._ethereum, self._load_ethereum, self._drop_ethereum
            ),
            self._route("/control/github-app", None, self._require_app, self._drop_app),
            self._route("/control/url-finder", None, self._fix_rates, self._drop_rates),
        ]

    def _route(
        self,
        path: str,
        read: Callable[[], Any] | None,
        write: Callable[[Any], Any] | None = None,
        drop: Callable[[], Any] | None = None,
    ) -> Route:
        async def respond(request: Request) -> JSONResponse:
            try:
                if request.method == "POST" and write is not None:
                    return JSONResponse(write(await request.json()))
                if request.method == "DELETE" and drop is not None:
                    return JSONResponse(drop())
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
            return JSONResponse(None if read is None else read())

        offered = {"GET": read, "POST": write, "DELETE": drop}
        return Route(path, respond, methods=[verb for verb, one in offered.items() if one])

    def _clock(self) -> dict[str, str]:
        return {"now": self._world.clock.now.isoformat().replace("+00:00", "Z")}

    def _set_clock(self, document: Any) -> dict[str, str]:
        self._world.clock.set(
            read_instant(document["now"] if isinstance(document, dict) else document)
        )
        return self._clock()

    def _faults(self) -> list[dict[str, Any]]:
        return [asdict(rule) for rule in self._world.faults.rules]

    def _add_faults(self, document: Any) -> list[dict[str, Any]]:
        self._world.faults.rules.extend(read_rules(document))
        return self._faults()

    def _drop_faults(self) -> list[dict[str, Any]]:
        self._world.faults.rules.clear()
        return []

    def _requests(self) -> dict[str, Any]:
        return self._world.journal.as_json()

    def _drop_requests(self) -> dict[str, Any]:
        self._world.journal.clear()
        return self._requests()

    def _solana(self) -> dict[str, Any]:
        return self._world.chain.as_json()

    def _load(self, document: Any) -> dict[str, Any]:
        self._world.chain.load(document)
        return self._solana()

    def _restate(self, document: Any) -> dict[str, Any]:
        self._world.chain.restate(document)
        return self._solana()

    def _drop_solana(self) -> dict[str, Any]:
        self._world.chain.forget()
        return self._solana()

    def _ethereum(self) -> dict[str, Any]:
        return self._world.ethereum.as_json()

    def _load_ethereum(self, document: Any) -> dict[str, Any]:
        self._world.ethereum.load(document)
        return self._ethereum()

    def _drop_ethereum(self) -> dict[str, Any]:
        self._world.ethereum.forget()
        return self._ethereum()

    def _require_app(self, document: Any) -> dict[str, int]:
        app, key, where = (document[name] for name in ("app_id", "public_key", "installations"))
        self._world.github.require_app(app, key, {name: int(where[name]) for name in where})
        return {"installations": len(where)}

    def _drop_app(self) -> dict[str, int]:
        self._world.github.app = None
        return {"installations": 0}

    def _fix_rates(self, document: Any) -> dict[str, Any]:
        self._world.url_finder.fix(document["rates"], only=bool(document.get("only", False)))
        return {"rates": len(document["rates"])}

    def _drop_rates(self) -> dict[str, Any]:
        self._world.url_finder.forget()
        return {"rates": 0}
