"""Sign-in of a browser: ``/sign-in``, its ``/callback``, and ``/sign-out``.

With the identity provider where one is configured; in development by a pasted token, which
``/sign-in?token=…`` takes too, so that a command can print a link. Scope: paths and the form; not
here: the exchange (``query_layer.auth.sign_in``) or the cookie (``query_layer.auth.sessions``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from query_layer.errors import ApiError, Code
from query_layer.ops.service import Service

router = APIRouter(include_in_schema=False)
_STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}"
    "textarea{box-sizing:border-box;font-family:monospace;width:100%}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~%?=&+,:-]*")
_MOST_COOKIE_BYTES = 4_000  # what browsers store


@router.get("/sign-in", response_model=None)
async def sign_in(request: Request) -> Response:
    """Begin a session: with a token in development, else at the identity provider."""
    service: Service = request.app.state.service
    target = _target(request.query_params.get("next", "/"))
    token = request.query_params.get("token")
    is_development = service.settings.environment == "development"
    if token is not None and is_development:
        return await _begun(request, token.strip(), target)
    if service.sign_in.is_on:
        is_tls = request.state.is_tls
        place, cookie = await service.sign_in.begin(_callback(request), target, is_tls=is_tls)
        response = RedirectResponse(place, status_code=303)
        response.headers.append("Set-Cookie", cookie)
        return response
    if is_development:
        return HTMLResponse(_form(target), headers={"Content-Security-Policy": _POLICY})
    raise ApiError(Code.RESOURCE_NOT_FOUND, "No sign-in is configured.")


@router.get("/sign-in/callback", response_model=None)
async def callback(request: Request) -> Response:
    """Take the identity provider's answer."""
    service: Service = request.app.state.service
    given = request.query_params
    token, target = await service.sign_in.finish(
        given.get("code", ""), given.get("state", ""), request.headers.get("cookie", "")
    )
    return await _begun(request, token, _target(target))


@router.get("/sign-out", response_model=None)
async def sign_out(request: Request) -> Response:
    """End the session."""
    service: Service = request.app.state.service
    response = RedirectResponse("/", status_code=303)
    response.headers.append("Set-Cookie", service.sessions.ended(is_tls=request.state.is_tls))
    return response


async def _begun(request: Request, token: str, target: str) -> Response:
    """Begin a session with a token that is valid."""
    service: Service = request.app.state.service
    try:
        await service.authenticator.of_token(token)
    except ApiError as refused:
        await service.record_refusal(refused.code, "/sign-in", request.state.address)
        raise
    cookie = service.sessions.cookie(token, is_tls=request.state.is_tls)
    if len(cookie) > _MOST_COOKIE_BYTES:
        raise ApiError(Code.TOKEN_INVALID, "The token is too long for a browser session.")
    response = RedirectResponse(target, status_code=303)
    response.headers.append("Set-Cookie", cookie)
    return response


def _callback(request: Request) -> str:
    settings = request.app.state.service.settings
    if settings.public_url:
        return f"{settings.public_url.rstrip('/')}/sign-in/callback"
    scheme = "https" if request.state.is_tls else "http"
    return f"{scheme}://{request.url.netloc}/sign-in/callback"


def _target(path: str) -> str:
    """Return a path of ours; anything else would send the browser to somebody's page."""
    return path if _PATH.fullmatch(path) else "/"


def _form(target: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>'
        f"<style>{_STYLE}</style></head><body><h1>Sign in</h1>"
        "<p><code>cdp token --user EMAIL --minutes 60</code> prints a token.</p>"
        '<form action="/sign-in" method="get"><label for="token">Token</label>'
        '<textarea id="token" name="token" rows="8" required></textarea>'
        f'<input type="hidden" name="next" value="{escape(target)}">'
        '<p><button type="submit">Sign in</button></p></form></body></html>'
    )
