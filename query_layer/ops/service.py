"""The service: the parts of one process, and how it starts and stops.

Scope: putting the parts together; not here: HTTP (``query_layer.app``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Mapping
from datetime import datetime

from query_layer.auth.claims import ANONYMOUS, Claims
from query_layer.http.cached_response import CachedPage
from query_layer.ops import clock
from query_layer.ops.logs import log_event
from query_layer.read.cache import ResponseCache
from query_layer.read.database import Database, require_reader
from query_layer.read.paging import CursorSigner
from query_layer.read.versions import VersionWatch
from query_layer.registry import Asset
from query_layer.settings import Settings


class Service:
    """Pool, versions, cache and signer of one process."""

    def __init__(self, settings: Settings, assets: Mapping[str, Asset]) -> None:
        self.settings = settings
        self.assets = assets
        self.database = Database(settings)
        self.versions = VersionWatch(self.database, list(assets), settings.version_poll_seconds)
        self.cache: ResponseCache[CachedPage] = ResponseCache(
            settings.cache_bytes, settings.cache_entries
        )
        self.signer = CursorSigner(_cursor_secret(settings))
        self._started = time.monotonic()
        self._polling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the pool, refuse a role that can write, read the versions and start polling them.

        Raises:
            StartRefused: The database does not respond, or the role may write.
        """
        await self.database.open()
        try:
            await require_reader(self.database, self.settings)
        except BaseException:
            await self.database.close()
            raise
        await self.versions.poll_or_log()
        self._polling = asyncio.create_task(self.versions.run())
        address = f"http://{self.settings.host}:{self.settings.port}"
        log_event(logging.INFO, "service.started", address=address)

    async def stop(self) -> None:
        """Stop polling and close the pool."""
        assert self._polling is not None
        self._polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._polling
        await self.database.close()
        log_event(logging.INFO, "service.stopped")

    def identify(self, headers: Mapping[str, str]) -> Claims:
        """Return the caller. Until sign-in exists, every caller is anonymous."""
        return ANONYMOUS

    def now(self) -> datetime:
        """Return the clock by which staleness is decided."""
        return clock.now(self.settings)

    def uptime_seconds(self) -> float:
        """Return the seconds since this process created its service."""
        return time.monotonic() - self._started


def _cursor_secret(settings: Settings) -> bytes:
    if settings.cursor_secret is None:
        return secrets.token_bytes(32)
    return settings.cursor_secret.get_secret_value().encode()
