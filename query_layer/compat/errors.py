"""Errors under ``/compat``: ``{statusCode, message, error}``, as the live platform sends them.

Every refusal of the service has the one envelope of ``/v1``; this middleware, outside all others,
rewrites it for these addresses. Scope: the form; not here: the catalogue (``query_layer.errors``).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from query_layer.http.encoding import encode

PREFIX = "/compat"


class CompatErrors:
    """Wrap the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only failed ones under ``/compat`` are changed."""
        if scope["type"] != "http" or not is_compat(scope["path"]):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def pass_on(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if message["status"] < 400:
                    await send(message)
                else:
                    start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_error(send, start, bytes(body), scope["method"] == "HEAD")

        await self._app(scope, receive, pass_on)


def is_compat(path: str) -> bool:
    """Return whether an address is one of the live platform's."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


async def _send_error(send: Send, start: Message, body: bytes, is_head: bool) -> None:
    status = start["status"]
    content = encode(
        {"statusCode": status, "message": _message(body), "error": HTTPStatus(status).phrase}
    )
    headers = [
        (name, str(len(content)).encode() if name == b"content-length" else text)
        for name, text in start["headers"]
        if name != b"content-encoding"
    ]
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else content})


def _message(body: bytes) -> str:
    """Return the text of an error: its message, and the job that writes instead."""
    try:
        error: Any = json.loads(body)["error"]
        message, details = error["message"], error["details"] or {}
    except (ValueError, KeyError, TypeError):
        return "The request failed."
    job = f" The job is {details['job']}." if "job" in details else ""
    return f"{message}{job}"
