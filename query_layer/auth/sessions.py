"""Browser sessions: a token in a signed cookie that ends when it is idle (query_layer.md §5.3).

Every response of a page renews the cookie (``Sessions.cookie``); so it ends 30 minutes after the
last one, and at the latest with its token. Scope: writing and reading the cookie; not here: how the
token was obtained (``query_layer.auth.sign_in``), whether it is valid
(``query_layer.auth.authenticator``).
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from itsdangerous import BadData, URLSafeTimedSerializer

SECURE_NAME = "__Host-cdp-session"  # browsers take this name only with Secure and without a domain
PLAIN_NAME = "cdp-session"


class Sessions:
    """Writes and reads session cookies.

    Args:
        secret: Shared by all processes that serve together.
        idle_seconds: How long a cookie is valid without a request.
    """

    def __init__(self, secret: bytes, idle_seconds: int) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="query-layer session")
        self._idle_seconds = idle_seconds

    def cookie(self, token: str, *, is_tls: bool) -> str:
        """Return the value of ``Set-Cookie`` that begins or renews a session.

        Args:
            token: Verified.
            is_tls: The browser reached us over TLS, so the cookie is sent over TLS alone.
        """
        return self._written(self._signer.dumps(token), self._idle_seconds, is_tls=is_tls)

    def ended(self, *, is_tls: bool) -> str:
        """Return the value of ``Set-Cookie`` that ends a session."""
        return self._written("", 0, is_tls=is_tls)

    def token(self, header: str) -> str | None:
        """Return the token of a request's ``Cookie`` header; null: no session, or an ended one."""
        try:
            cookies = SimpleCookie(header)
        except CookieError:
            return None
        for name in (SECURE_NAME, PLAIN_NAME):
            if name in cookies:
                try:
                    token = self._signer.loads(cookies[name].value, max_age=self._idle_seconds)
                except BadData:
                    return None
                return token if isinstance(token, str) else None
        return None

    def _written(self, value: str, seconds: int, *, is_tls: bool) -> str:
        name = SECURE_NAME if is_tls else PLAIN_NAME
        secure = "; Secure" if is_tls else ""
        return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
