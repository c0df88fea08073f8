"""Sign-in of a browser with the identity provider: OIDC's code flow with PKCE.

The state between the two requests is in a signed cookie of ten minutes, so that any process can
take the answer. The token that the session holds is the ID token, which is verified like any
other. Scope: the exchange; not here: the session (``query_layer.auth.sessions``), paths
(``query_layer.routes.sign_in``).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
from itsdangerous import BadData, URLSafeTimedSerializer

from query_layer.errors import ApiError, Code
from query_layer.settings import Settings

STATE_COOKIE = "cdp-sign-in"
_STATE_SECONDS = 600
_SECONDS = 5.0
_MAX_BYTES = 1_000_000


class SignIn:
    """The code flow of one client.

    Args:
        settings: Issuer and client.
        secret: Signs the state.
        http: Client, without redirects.
    """

    def __init__(self, settings: Settings, secret: bytes, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._signer = URLSafeTimedSerializer(secret, salt="query-layer sign-in")
        self._http = http
        self._places: dict[str, str] | None = None

    @property
    def is_on(self) -> bool:
        """Whether a client is configured."""
        return bool(self._settings.oidc_client_id)

    async def begin(self, callback: str, target: str, *, is_tls: bool) -> tuple[str, str]:
        """Return where to send the browser, and the ``Set-Cookie`` that it gets.

        Args:
            callback: Address of ours to which the provider returns.
            target: Path of ours that was wanted.
            is_tls: The browser reached us over TLS.

        Raises:
            ApiError: DATABASE_UNAVAILABLE: the provider does not respond.
        """
        places = await self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._settings.oidc_client_id,
                "redirect_uri": callback,
                "scope": "openid",
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge.rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        kept = self._signer.dumps([state, nonce, verifier, callback, target])
        secure = "; Secure" if is_tls else ""
        cookie = (
            f"{STATE_COOKIE}={kept}; Path=/sign-in; Max-Age={_STATE_SECONDS}; HttpOnly; "
            f"SameSite=Lax{secure}"
        )
        joint = "&" if urlsplit(places["authorization_endpoint"]).query else "?"
        return f"{places['authorization_endpoint']}{joint}{query}", cookie

    async def finish(self, code: str, state: str, cookies: str) -> tuple[str, str]:
        """Return the ID token for a code, and the path that was wanted.

        The caller verifies the token before it trusts it.

        Raises:
            ApiError: TOKEN_INVALID: the answer does not belong to this browser's sign-in, or the
                provider refuses the code; DATABASE_UNAVAILABLE: it does not respond.
        """
        wanted, nonce, verifier, callback, target = self._kept(cookies)
        if not secrets.compare_digest(wanted.encode(), state.encode()):
            raise _refused()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "client_id": self._settings.oidc_client_id,
            "code_verifier": verifier,
        }
        if self._settings.oidc_client_secret is not None:
            form["client_secret"] = self._settings.oidc_client_secret.get_secret_value()
        places = await self._discover()
        answer = await self._send("POST", places["token_endpoint"], form)
        token = answer.get("id_token")
        if not isinstance(token, str) or _nonce(token) != nonce:
            raise _refused()
        return token, target

    def _kept(self, header: str) -> tuple[str, str, str, str, str]:
        try:
            morsel = SimpleCookie(header)[STATE_COOKIE]
            state, nonce, verifier, callback, target = self._signer.loads(
                morsel.value, max_age=_STATE_SECONDS
            )
        except (BadData, CookieError, KeyError, ValueError, TypeError):
            raise _refused() from None
        return state, nonce, verifier, callback, target

    async def _discover(self) -> dict[str, str]:
        """Return the provider's addresses, read once."""
        if self._places is None:
            issuer = self._settings.token_issuer
            found = await self._send(
                "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            )
            if found.get("issuer") != issuer:
                raise _unreachable()
            names = ("authorization_endpoint", "token_endpoint")
            places = {name: str(found.get(name, "")) for name in names}
            if not all(self._is_safe(url) for url in places.values()):
                raise _unreachable()
            self._places = places
        return self._places

    def _is_safe(self, url: str) -> bool:
        """Return whether an address is https, or as local as the configured key set."""
        scheme = urlsplit(url).scheme
        return scheme in ("https", urlsplit(self._settings.token_jwks_url).scheme)

    async def _send(
        self, method: str, url: str, form: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            response = await self._http.request(method, url, data=form, timeout=_SECONDS)
        except httpx.HTTPError as error:
            raise _unreachable() from error
        if 400 <= response.status_code < 500:
            raise _refused()
        try:
            content = response.json() if len(response.content) <= _MAX_BYTES else None
        except ValueError:
            content = None
        if response.status_code != 200 or not isinstance(content, dict):
            raise _unreachable()
        return content


def _nonce(token: str) -> object:
    """Return the nonce of a token that is verified afterwards."""
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("nonce")
    except jwt.PyJWTError:
        return None


def _refused() -> ApiError:
    return ApiError(Code.TOKEN_INVALID, "The sign-in was refused or took too long; begin again.")


def _unreachable() -> ApiError:
    return ApiError(
        Code.DATABASE_UNAVAILABLE,
        "The identity provider does not respond as expected; try again in a moment.",
    )
