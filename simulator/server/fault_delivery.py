"""The layer in front of the simulated sources: counts each request and delivers its fault.

Scope: what happens on the connection; not here: which fault a request meets (``faults``).
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulator.server.clock import SimulatedClock
from simulator.server.faults import EDITS, FaultBook, FaultRule, edit_response
from simulator.server.journal import Journal

_TRANSPORT = "simulator.transport"
CONTROL = "/control"


class OpenProtocol(HttpToolsProtocol):
    """HTTP as usual, but the application can reach the connection to break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Pass the connection on with every request."""
        super().connection_made(transport)
        application = cast(ASGIApp, self.app)

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[_TRANSPORT] = transport
            await application(scope, receive, send)

        self.app = with_transport


@dataclass
class _CaughtResponse:
    """A response caught before it is sent."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def catch(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")


class FaultDelivery:
    """ASGI application around another one.

    Args:
        application: The sources and the control endpoint (which never fails and is not counted).
        faults: The rules in force.
        journal: Where requests are counted.
        closing: Set when the server ends, so that nothing waits on.
        clock: Moves on by a fault of that kind.
    """

    def __init__(
        self,
        application: ASGIApp,
        faults: FaultBook,
        journal: Journal,
        closing: asyncio.Event,
        clock: SimulatedClock,
    ) -> None:
        self._application = application
        self._faults = faults
        self._journal = journal
        self._closing = closing
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, correctly or with its fault."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._application(scope, receive, send)
            return
        body = await _read_body(receive)
        methods_by_id = _rpc_methods(body)
        method, path, methods = scope["method"], scope["path"], list(methods_by_id.values())
        self._journal.record(method, path, methods)
        rule = self._faults.take(method, path, body.decode("utf-8", "replace"), methods)
        if rule is None:
            await self._application(scope, _replay(body), send)
            return
        self._journal.faults[rule.kind] += 1
        await self._deliver(rule, methods_by_id, scope, body, receive, send)

    async def _deliver(
        self,
        rule: FaultRule,
        methods_by_id: dict[Any, str],
        scope: Scope,
        body: bytes,
        receive: Receive,
        send: Send,
    ) -> None:
        if rule.kind == "drop":
            scope["extensions"][_TRANSPORT].abort()
            await receive()
        elif rule.kind == "advance":
            self._clock.set(self._clock.now + timedelta(seconds=rule.seconds))
            await self._application(scope, _replay(body), send)
        elif rule.kind == "status":
            await _send_status(rule, send)
        elif rule.kind == "timeout":
            if await self._wait(rule.seconds, receive):
                await self._application(scope, _replay(body), send)
            else:
                scope["extensions"][_TRANSPORT].abort()
                await receive()
        else:
            caught = _CaughtResponse()
            await self._application(scope, _replay(body), caught.catch)
            await _send_spoiled(rule, methods_by_id, caught, scope, receive, send)

    async def _wait(self, seconds: float, receive: Receive) -> bool:
        """Wait; false when the client went away or the server ends before that."""
        waits = [asyncio.ensure_future(one) for one in (receive(), self._closing.wait())]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for one in waits:
                one.cancel()
        return not done


async def _send_status(rule: FaultRule, send: Send) -> None:
    body = json.dumps({"error": rule.message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if rule.retry_after is not None:
        headers.append((b"retry-after", str(rule.retry_after).encode()))
    await _send(send, rule.status, headers, body)


async def _send_spoiled(
    rule: FaultRule,
    methods_by_id: dict[Any, str],
    caught: _CaughtResponse,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    if rule.kind in EDITS:
        edited = edit_response(rule, json.loads(caught.body), methods_by_id)
        body = json.dumps(edited, separators=(",", ":")).encode()
        await _send(send, caught.status, _sized(caught.headers, len(body)), body)
    elif rule.kind == "malformed":
        body = bytes(caught.body[:-1]) + b",,"
        await _send(send, caught.status, _sized(caught.headers, len(body)), body)
    else:
        headers = _sized(caught.headers, len(caught.body))
        await send({"type": "http.response.start", "status": caught.status, "headers": headers})
        half = bytes(caught.body[: len(caught.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["extensions"][_TRANSPORT].close()
        await receive()


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _sized(headers: list[tuple[bytes, bytes]], size: int) -> list[tuple[bytes, bytes]]:
    others = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [*others, (b"content-length", b"%d" % size)]


async def _read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _rpc_methods(body: bytes) -> dict[Any, str]:
    """Return the JSON-RPC method by request id; empty when the body is not JSON-RPC."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    members = document if isinstance(document, list) else [document]
    return {
        str(place) if isinstance(member.get("id"), dict | list) else member.get("id", place): str(
            member["method"]
        )
        for place, member in enumerate(members)
        if isinstance(member, dict) and "method" in member
    }
