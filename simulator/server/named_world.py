"""The first part of a path that names the world: requests for another world find nothing here.

Scope: removing that part; not here: the sources' responses.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class NamedWorld:
    """Serve an application also below a first part of the path, which is removed first.

    Args:
        application: The application.
        prefix: A slash and the name of the world; empty adds nothing.
    """

    def __init__(self, application: ASGIApp, prefix: str) -> None:
        self._application = application
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if self._prefix and scope["type"] == "http":
            raw = self._prefix.encode() + b"/"
            if scope["raw_path"].startswith(raw):
                path = scope["path"].removeprefix(self._prefix)
                scope = {**scope, "path": path, "raw_path": scope["raw_path"][len(raw) - 1 :]}
        await self._application(scope, receive, send)
