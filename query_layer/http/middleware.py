"""The one middleware: correlation id, limits, caller, security headers and the access log line.

Plain ASGI and only one, because three empty ``BaseHTTPMiddleware`` doubled the CPU of a request
(query_layer.md §12, 10). Scope: what every request passes; not here: anything about one route.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from query_layer.auth.claims import ANONYMOUS, Claims, anonymous, caller
from query_layer.errors import ApiError, Code
from query_layer.http import correlation
from query_layer.http.client_address import client_address, is_within, scheme
from query_layer.http.cors import Cors, is_preflight
from query_layer.http.error_handlers import (
    ALLOWED_METHODS,
    ErrorForm,
    error_response,
    log_cause,
    method_error,
)
from query_layer.http.rate_limits import METRICS_PATH, RequestClass, class_of, too_many
from query_layer.ops.logs import log_event
from query_layer.ops.service import Service

_SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Addresses without data: the contract, and where a credential is obtained.
_OPEN = frozenset(
    (
        "/",
        "/docs",
        "/openapi.json",
        "/pages.css",
        "/sign-in",
        "/sign-in/callback",
        "/sign-out",
    )
)
_HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")


class Gateway:
    """Wrap the application.

    Args:
        app: The application.
        service: Settings, who is calling, and how much that caller may request.
        hint_for: Returns, for a path, the job to launch instead of writing to it.
        error_form: Another form of the errors of some addresses.
    """

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        hint_for: Callable[[str], Mapping[str, Any]],
        error_form: ErrorForm = lambda error, path: None,
    ) -> None:
        self._app = app
        self._service = service
        self._settings = settings = service.settings
        self._proxies = settings.proxies
        self._cors = Cors(settings.origins)
        self._stranger = anonymous(frozenset(), settings.anonymous_per_minute)
        self._hint_for = hint_for
        self._error_form = error_form
        self._metrics = service.metrics
        self._observers = settings.metrics_networks
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connection pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]}
        token = correlation.current.set(correlation.choose(headers))
        who = caller.set(ANONYMOUS)
        exchange = _Exchange(scope, send, scheme(scope, headers, self._proxies))
        exchange.added = self._cors.headers(headers)
        try:
            await self._serve(exchange, headers, receive)
        finally:
            exchange.log()
            self._count(exchange)
            caller.reset(who)
            correlation.current.reset(token)

    async def _serve(
        self, exchange: _Exchange, headers: Mapping[str, str], receive: Receive
    ) -> None:
        cause: BaseException | None = None
        kind = class_of(exchange.scope["path"])
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._deadline(kind)):
                self._require_uri_within_cap(exchange.scope)
                self._require_right_port(exchange.scope, headers)
                await self._require_body_within_cap(headers, receive)
                if is_preflight(exchange.method, headers):
                    await self._answer_preflight(exchange, headers, receive)
                    return
                self._require_reading(exchange)
                self._require_room(kind)
                if kind is not RequestClass.HEALTH and exchange.method != "OPTIONS":
                    await self._admit(exchange, headers, kind)
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
        if exchange.status is not None:
            raise cause or error  # the response had begun: the server breaks the connection
        response = self._error_form(error, exchange.scope["path"]) or error_response(
            error, self._settings.public_url
        )
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
        if any(character < " " for character in scope["path"]):
            # A route's pattern would accept a line feed after its end.
            raise ApiError(Code.RESOURCE_NOT_FOUND, "There is nothing at this address.")

    def _require_right_port(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Refuse metrics to all but those who may read them, and anything else on their port."""
        kind = class_of(scope["path"])
        port = (scope.get("server") or ("", None))[1]
        if port != self._settings.metrics_port:
            if scope["path"] == METRICS_PATH:
                raise ApiError(
                    Code.RESOURCE_NOT_FOUND,
                    "Metrics have a port of their own.",
                    {"setting": "CDP_QUERY_METRICS_PORT"},
                )
            return
        if not is_within(client_address(scope, headers, self._proxies), self._observers):
            raise ApiError(
                Code.SCOPE_DENIED,
                "This address may not read metrics.",
                {"setting": "CDP_QUERY_METRICS_ALLOW"},
            )
        if kind is not RequestClass.HEALTH:
            raise ApiError(Code.RESOURCE_NOT_FOUND, "This port has metrics and health alone.")

    def _count(self, exchange: _Exchange) -> None:
        path = exchange.route_path
        seconds = exchange.seconds
        self._metrics.count_request(exchange.method, path, exchange.status, seconds)
        if exchange.state.get("error_code") == Code.RATE_LIMIT_EXCEEDED:
            claims = caller.get()
            self._metrics.count_limited("anonymous" if claims.is_anonymous else claims.limits.plan)
        if path is not None and exchange.state.get("deprecated"):
            self._metrics.count_deprecated(path)

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

    def _require_room(self, kind: RequestClass) -> None:
        # Health is served under load too, or a supervisor would restart a busy process.
        is_health = kind is RequestClass.HEALTH
        if self._in_flight > self._settings.max_in_flight and not is_health:
            raise ApiError(
                Code.POOL_EXHAUSTED,
                "Too many requests are being served; try again in a moment.",
                {"max_in_flight": self._settings.max_in_flight},
            )

    def _deadline(self, kind: RequestClass) -> float:
        if kind is RequestClass.EXPORT:
            return self._settings.export_deadline_seconds
        return self._settings.deadline_seconds

    async def _answer_preflight(
        self, exchange: _Exchange, headers: Mapping[str, str], receive: Receive
    ) -> None:
        if "access-control-allow-origin" in exchange.added:
            exchange.added |= self._cors.preflight(headers)
        await Response(status_code=204)(exchange.scope, receive, exchange.send)

    async def _admit(
        self, exchange: _Exchange, headers: Mapping[str, str], kind: RequestClass
    ) -> None:
        """Find out who is calling, and count the request.

        Raises:
            ApiError: As of the credential, API_VERSION_PINNED or RATE_LIMIT_EXCEEDED.
        """
        path, address = (
            exchange.scope["path"],
            client_address(exchange.scope, headers, self._proxies),
        )
        exchange.state["address"] = address
        claims = self._stranger
        if path not in _OPEN:
            try:
                claims = await self._service.authenticator.identify(headers)
                _require_version(claims, path)
            except ApiError as refused:
                await self._note_refusal(refused, exchange, address, kind)
                raise
        caller.set(claims)
        allowance = await self._service.rate_limits.count(claims, address, kind)
        exchange.added |= allowance.headers()
        if not allowance.is_allowed:
            raise too_many(allowance, kind)

    async def _note_refusal(
        self, refused: ApiError, exchange: _Exchange, address: str, kind: RequestClass
    ) -> None:
        """Count and record a refused credential; too many of one address are not recorded.

        Raises:
            ApiError: RATE_LIMIT_EXCEEDED.
        """
        if refused.kind.status not in (401, 403):
            return
        per_minute = self._settings.anonymous_per_minute
        allowance = await self._service.rate_limits.count_refusal(address, per_minute)
        if not allowance.is_allowed:
            raise too_many(allowance, kind) from None
        if refused.code is not Code.TOKEN_MISSING:
            log_event(logging.WARNING, "auth.refused", code=refused.code)
            await self._service.record_refusal(refused.code, exchange.scope["path"], address)


def _require_version(claims: Claims, path: str) -> None:
    """Raise API_VERSION_PINNED where the key is pinned to another version than the address has."""
    version = path.split("/", 2)[1]
    is_version = version[:1] == "v" and version[1:].isdecimal()
    if claims.api_version and is_version and version != claims.api_version:
        raise ApiError(
            Code.API_VERSION_PINNED,
            f"The API key is pinned to the version {claims.api_version}.",
            {"api_version": claims.api_version},
        )


class _Exchange:
    """One request and its result.

    ``HEAD`` is served as ``GET`` without the body, so that routes need not handle it.
    """

    def __init__(self, scope: Scope, send: Send, scheme: str) -> None:
        self.method: str = scope["method"]
        self.added: dict[str, str] = {}
        self._is_tls = scheme == "https"
        self.scope = {**scope, "method": "GET"} if self.method == "HEAD" else scope
        self.state: dict[str, Any] = self.scope.setdefault("state", {})
        self.state["is_tls"] = self._is_tls
        self.state["is_head"] = self.method == "HEAD"
        self.status: int | None = None
        self._send = send
        self._bytes = 0
        self._began = time.perf_counter()
        self.seconds = 0.0
        self.route_path: str | None = None

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
        self.route_path = getattr(self.scope.get("route"), "path", None)
        self.seconds = time.perf_counter() - self._began
        log_event(
            logging.INFO,
            "api.request",
            method=self.method,
            route=self.route_path,
            status=self.status,
            bytes=self._bytes,
            duration_ms=round(self.seconds * 1_000, 3),
            cache=self.state.get("cache"),
            error_code=self.state.get("error_code"),
        )

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = {name: text for name, text in headers}
        ours = {correlation.HEADER.lower(): correlation.current.get(), **_SECURITY_HEADERS}
        if self._is_tls:
            ours[_HSTS[0]] = _HSTS[1]
        ours |= {"cache-control": "no-store", **self.added}
        if "vary" in self.added and b"vary" in present:
            joined = f"{present[b'vary'].decode()}, {self.added['vary']}"
            headers = [
                *(pair for pair in headers if pair[0] != b"vary"),
                (b"vary", joined.encode()),
            ]
        added = [(name.encode(), text.encode()) for name, text in ours.items()]
        return [*headers, *(pair for pair in added if pair[0] not in present)]


def _timeout() -> ApiError:
    return ApiError(Code.REQUEST_TIMEOUT, "The request took longer than its limit.")


def _unexpected() -> ApiError:
    return ApiError(
        Code.INTERNAL_ERROR,
        "The response could not be built; the correlation id leads to its cause.",
    )
