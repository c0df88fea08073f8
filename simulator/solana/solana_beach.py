"""Solana Beach: block rewards of each identity, and of the cluster, by epoch (validator §3.1).

Histories are newest first and paged by offset, so they shift while an epoch ends. An epoch is in
them once it is over. Scope: both histories and ``/epoch-info``; not here: the chain's content
(``chain``) and faults.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.solana.chain import SolanaChain

DEFAULT_PAGE, LARGEST_PAGE = 10, 1_000
HISTORY_EPOCHS = 400  # how far back the service knows


class SolanaBeach:
    """The service over one chain; it wants a bearer token, whatever it is."""

    def __init__(self, chain: SolanaChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the service's address."""
        return [
            Route("/validator/{identity}/block-rewards-history", self._history),
            Route("/cluster-block-rewards-history", self._history),
            Route("/epoch-info", self._epoch_info),
        ]

    async def _history(self, request: Request) -> JSONResponse:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return _refused(401, "Unauthorized")
        query = request.query_params
        try:
            offset, limit = int(query.get("offset", 0)), int(query.get("limit", DEFAULT_PAGE))
        except ValueError:
            return _refused(400, "offset and limit are numbers")
        if not 1 <= limit <= LARGEST_PAGE or offset < 0:
            return _refused(400, f"limit is at most {LARGEST_PAGE}")
        rows = self._rows(request.path_params.get("identity"))
        if not rows:
            return _refused(404, "Validator not found")
        return JSONResponse(
            {
                "history": rows[offset : offset + limit],
                "pagination": {"total": len(rows), "offset": offset, "limit": limit},
            }
        )

    async def _epoch_info(self, _: Request) -> JSONResponse:
        return JSONResponse({"epoch": self._chain.epoch, "absoluteSlot": self._chain.head})

    def _rows(self, identity: str | None) -> list[dict[str, Any]]:
        """Return the epochs of an identity, or of all; newest first."""
        rows = []
        for epoch in self._chain.known_epochs(HISTORY_EPOCHS):
            paid = self._chain.plan(epoch).paid
            found = [paid[identity]] if identity in paid else [] if identity else paid.values()
            if found:
                blocks, fees = (sum(column) for column in zip(*found, strict=True))
                rows.append({"epoch": epoch, "blocks": blocks, "fees": fees})
        return rows


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"err": message}, status_code=status)
