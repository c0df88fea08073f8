"""The service: the parts of one process, and how it starts and stops.

Scope: putting the parts together; not here: HTTP (``query_layer.app``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx
from starlette.requests import Request

from query_layer.auth.access_log import AccessLog
from query_layer.auth.accounts import Accounts
from query_layer.auth.authenticator import Authenticator
from query_layer.auth.claims import ANONYMOUS, Claims, caller
from query_layer.auth.key_set import KeySet
from query_layer.auth.roles import role_book
from query_layer.auth.sessions import Sessions
from query_layer.auth.side_login import SideLogin
from query_layer.auth.sign_in import SignIn
from query_layer.auth.tokens import TokenVerifier
from query_layer.errors import ApiError, Code
from query_layer.http.cached_response import CachedPage
from query_layer.http.export_slots import ExportSlots
from query_layer.http.rate_limits import RateLimits, RequestClass, class_of
from query_layer.ops import clock
from query_layer.ops.logs import log_event
from query_layer.ops.metrics import ProcessMetrics
from query_layer.read.cache import ResponseCache
from query_layer.read.database import Database, export_limits, require_reader
from query_layer.read.paging import CursorSigner
from query_layer.read.versions import VersionWatch
from query_layer.registry.asset import Asset
from query_layer.settings import Settings


class Service:
    """Pool, versions, cache and signer of one process."""

    def __init__(self, settings: Settings, assets: Sequence[Asset]) -> None:
        self.settings = settings
        self.assets = assets
        self.database = Database(settings)
        self.exports = Database(settings, export_limits(settings))
        self.versions = VersionWatch(
            self.database,
            _versioned_keys(assets),
            settings.version_poll_seconds,
            after_poll=self.measure,
        )
        self.cache: ResponseCache[CachedPage] = ResponseCache(
            settings.cache_bytes, settings.cache_entries
        )
        secret = _cursor_secret(settings)
        self.signer = CursorSigner(secret)
        self._outside = httpx.AsyncClient(follow_redirects=False)
        self._auth_login = SideLogin(settings.auth_database_url, "CDP_QUERY_AUTH_DATABASE_URL")
        self._audit_login = SideLogin(settings.audit_database_url, "CDP_QUERY_AUDIT_DATABASE_URL")
        self.sessions = Sessions(secret, settings.session_idle_seconds)
        self.sign_in = SignIn(settings, secret, self._outside)
        self.authenticator = self._authenticator()
        self.access_log = AccessLog(self._audit_login)
        self.export_slots = ExportSlots(settings.workers)
        self.metrics = ProcessMetrics(settings.environment)
        self.rate_limits = RateLimits(settings)
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
            await self.exports.open()
            await self._auth_login.open()
            await self._audit_login.open()
        except BaseException:
            await self._close()
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
        await self._close()
        log_event(logging.INFO, "service.stopped")

    async def _close(self) -> None:
        await self.database.close()
        await self.exports.close()
        await self._auth_login.close()
        await self._audit_login.close()
        await self._outside.aclose()

    def _authenticator(self) -> Authenticator:
        settings, book = self.settings, role_book()
        url = settings.token_jwks_url
        verifier = TokenVerifier(settings, KeySet(url, self._outside) if url else None)
        return Authenticator(settings, book, Accounts(self._auth_login), verifier, self.sessions)

    def identify(self, headers: Mapping[str, str]) -> Claims:
        """Return the caller, whom the middleware found; for an asset, see ``authorise``."""
        return caller.get()

    async def authorise(self, request: Request, asset: Asset) -> Claims:
        """Return the caller if it may read an asset; its access is recorded where that counts.

        Raises:
            ApiError: TOKEN_MISSING, SCOPE_DENIED or API_KEY_PRODUCT_DENIED; DATABASE_UNAVAILABLE
                where the access cannot be recorded.
        """
        claims = caller.get()
        claims.require(asset.scope)
        claims.require_group(asset.key.partition("/")[0])
        path = request.url.path
        is_export = class_of(path) is RequestClass.EXPORT
        if asset.scope in role_book().recorded or (is_export and self._audit_login.is_on):
            action = "EXPORT_ROWS" if is_export else "READ_ROWS"
            address = request.state.address
            await self.access_log.record(claims, action, path, asset.key, address, self.now())
        return claims

    def measure(self) -> None:
        """Set the metrics of what changes all the time: the state of the pool."""
        database = self.database
        largest = self.settings.pool_max
        self.metrics.set_pool(database.size, database.active, database.waiting, largest)

    async def record_refusal(self, code: Code, path: str, address: str) -> None:
        """Record a refused credential, if there is an access log; nothing depends on the row."""
        if self._audit_login.is_on:
            action = f"REFUSE_{code}"
            with contextlib.suppress(ApiError):
                await self.access_log.record(ANONYMOUS, action, path, "", address, self.now())

    def now(self) -> datetime:
        """Return the clock by which staleness is decided."""
        return clock.now(self.settings)

    def uptime_seconds(self) -> float:
        """Return the seconds since this process created its service."""
        return time.monotonic() - self._started


def _versioned_keys(assets: Sequence[Asset]) -> list[str]:
    """Return the keys of the assets whose versions responses depend on."""
    return sorted({key for asset in assets if not asset.is_row_scoped for key in asset.reads})


def _cursor_secret(settings: Settings) -> bytes:
    if settings.cursor_secret is None:
        return secrets.token_bytes(32)
    return settings.cursor_secret.get_secret_value().encode()
