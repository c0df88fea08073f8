"""The one middleware: correlation id, limits, security headers and the access log line.

Plain ASGI and only one, because three empty ``BaseHTTPMiddleware`` doubled the CPU of a request
(query_layer.md §12, 10). Scope: what every request passes; not here: anything about one route.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from query_layer.errors import ApiError, Code
from query_layer.http import correlation
from query_layer.http.error_handlers import ALLOWED_METHODS, error_response, log_cause, method_error
from query_layer.ops.logs import log_event
from query_layer.settings import Settings

_SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")


class Gateway:
    """Wrap the application.

    Args:
        app: The application.
        settings: Limits.
        hint_for: Returns, for a path, the job to launch instead of writing to it.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, hint_for: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._app = app
        self._settings = settings
        self._hint_for = hint_for
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connection pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]}
        token = correlation.current.set(correlation.choose(headers))
        exchange = _Exchange(scope, send)
        try:
            await self._serve(exchange, headers, receive)
        finally:
            exchange.log()
            correlation.current.reset(token)

    async def _serve(
        self, exchange: _Exchange, headers: Mapping[str, str], receive: Receive
    ) -> None:
        cause: BaseException | None = None
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                self._require_uri_within_cap(exchange.scope)
                await self._require_body_within_cap(headers, receive)
                self._require_reading(exchange)
                self._require_room(exchange.scope)
                await self._app(exchange.scope, receive, exchange.send)
            return
        except ApiError as refused:
            error = refused
        except TimeoutError as late:
            error, cause = _timeout(), late
        except Exception as unexpected:
            error, cause = _unexpected(), unexpected
        finally:
            self._in_flight -= 1
        await self._refuse(exchange, error, cause, receive)

    async def _refuse(
        self, exchange: _Exchange, error: ApiError, cause: BaseException | None, receive: Receive
    ) -> None:
        log_cause(error, cause)
        exchange.state["error_code"] = error.code
        if exchange.status is not None and cause is not None:
            raise cause  # the response had begun: the server breaks the connection
        response = error_response(error, self._settings.public_url)
        if error.code is Code.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(ALLOWED_METHODS)
        await response(exchange.scope, receive, exchange.send)

    def _require_uri_within_cap(self, scope: Scope) -> None:
        path = scope.get("raw_path") or scope["path"].encode()
        if len(path) + len(scope["query_string"]) > self._settings.max_uri_bytes:
            raise ApiError(
                Code.URI_TOO_LONG,
                "Path and query string are too long.",
                {"max_bytes": self._settings.max_uri_bytes},
            )

    async def _require_body_within_cap(self, headers: Mapping[str, str], receive: Receive) -> None:
        cap = self._settings.max_body_bytes
        length = headers.get("content-length", "0")
        size = int(length) if length.isdecimal() and len(length) < 19 else cap + 1
        more = "transfer-encoding" in headers
        while more and size <= cap:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        if size > cap:
            raise ApiError(
                Code.PAYLOAD_TOO_LARGE, "The request body is too large.", {"max_bytes": cap}
            )

    def _require_reading(self, exchange: _Exchange) -> None:
        if exchange.method not in ALLOWED_METHODS:
            raise method_error(self._hint_for(exchange.scope["path"]))

    def _require_room(self, scope: Scope) -> None:
        # Health is served under load too, or a supervisor would restart a busy process.
        is_health = scope["path"].startswith("/health")
        if self._in_flight > self._settings.max_in_flight and not is_health:
            raise ApiError(
                Code.POOL_EXHAUSTED,
                "Too many requests are being served; try again in a moment.",
                {"max_in_flight": self._settings.max_in_flight},
            )


class _Exchange:
    """One request and its result.

    ``HEAD`` is served as ``GET`` without the body, so that routes need not handle it.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.method: str = scope["method"]
        self.scope = {**scope, "method": "GET"} if self.method == "HEAD" else scope
        self.state: dict[str, Any] = self.scope.setdefault("state", {})
        self.status: int | None = None
        self._send = send
        self._bytes = 0
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass a message on with our headers, and without a body for HEAD."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._headers(message["headers"])}
        else:
            if self.method == "HEAD":
                message = {**message, "body": b""}
            self._bytes += len(message.get("body", b""))
        await self._send(message)

    def log(self) -> None:
        """Log the request by its route template: a path may hold an identifier."""
        route = getattr(self.scope.get("route"), "path", None)
        log_event(
            logging.INFO,
            "api.request",
            method=self.method,
            route=route,
            status=self.status,
            bytes=self._bytes,
            duration_ms=round((time.perf_counter() - self._began) * 1_000, 3),
            cache=self.state.get("cache"),
            error_code=self.state.get("error_code"),
        )

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = {name for name, _ in headers}
        ours = {correlation.HEADER.lower(): correlation.current.get(), **_SECURITY_HEADERS}
        if self.scope.get("scheme") == "https":
            ours[_HSTS[0]] = _HSTS[1]
        ours["cache-control"] = "no-store"
        added = [(name.encode(), text.encode()) for name, text in ours.items()]
        return [*headers, *(pair for pair in added if pair[0] not in present)]


def _timeout() -> ApiError:
    return ApiError(Code.REQUEST_TIMEOUT, "The request took longer than its limit.")


def _unexpected() -> ApiError:
    return ApiError(
        Code.INTERNAL_ERROR,
        "The response could not be built; the correlation id leads to its cause.",
    )
