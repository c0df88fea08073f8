"""GitHub's sign-in of apps: installations, signed statements, tokens of an hour.

Scope: what GitHub checks and issues, all by the simulated clock; not here: the contents that a
token opens (``contents``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from simulator.server.clock import SimulatedClock

_TOKEN_LIVES = timedelta(hours=1)
_LONGEST_STATEMENT_SECONDS = 600

Refusal = tuple[int, dict[str, Any]]  # status and document


@dataclass(frozen=True)
class _Token:
    installation: int
    expires_at: datetime


class AppAccess:
    """One app, what it is installed on, and its tokens.

    Args:
        clock: GitHub's time.
        app_id: The issuer of its statements.
        public_key: PEM of the key that its statements are verified with.
        installations: Number of the installation by repository (``owner/name``).
    """

    def __init__(
        self,
        clock: SimulatedClock,
        app_id: str,
        public_key: str,
        installations: Mapping[str, int],
    ) -> None:
        self._clock = clock
        self._app_id = app_id
        self._public_key = public_key
        self._installations = dict(installations)
        self._tokens: dict[str, _Token] = {}
        self._given = 0

    def uninstall(self, repository: str) -> None:
        """Take the app from a repository; its tokens end."""
        gone = self._installations.pop(repository, None)
        self._tokens = {t: one for t, one in self._tokens.items() if one.installation != gone}

    def move(self, repository: str, to: str) -> None:
        """Follow a renamed repository."""
        if repository in self._installations:
            self._installations[to] = self._installations.pop(repository)

    def revoke(self) -> None:
        """End every token before its time."""
        self._tokens.clear()

    def installation(self, authorization: str, repository: str) -> tuple[int, dict[str, Any]]:
        """Return status and document of ``GET /repos/{o}/{r}/installation``."""
        if (refused := self._refused_statement(authorization)) is not None:
            return refused
        number = self._installations.get(repository)
        if number is None:
            return 404, {"message": "Not Found", "status": "404"}
        return 200, {"id": number, "app_id": self._app_id, "repository_selection": "selected"}

    def new_token(self, authorization: str, installation: int) -> tuple[int, dict[str, Any]]:
        """Return status and document of ``POST /app/installations/{id}/access_tokens``."""
        if (refused := self._refused_statement(authorization)) is not None:
            return refused
        if installation not in self._installations.values():
            return 404, {"message": "Not Found", "status": "404"}
        self._given += 1
        token = f"ghs_simulated{installation}x{self._given}"
        expires_at = self._clock.now.replace(microsecond=0) + _TOKEN_LIVES
        self._tokens[token] = _Token(installation, expires_at)
        until = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return 201, {"token": token, "expires_at": until, "permissions": {"contents": "read"}}

    def refusal(self, authorization: str, repository: str) -> Refusal | None:
        """Return why a request about a repository is refused; null when its token opens it."""
        token = self._tokens.get(_bearer(authorization))
        if token is None or token.expires_at <= self._clock.now:
            return 401, {"message": "Bad credentials", "status": "401"}
        if self._installations.get(repository) != token.installation:
            return 403, {"message": "Resource not accessible by integration", "status": "403"}
        return None

    def _refused_statement(self, authorization: str) -> Refusal | None:
        try:
            claims = jwt.decode(
                _bearer(authorization),
                self._public_key,
                algorithms=["RS256"],
                issuer=self._app_id,
                options={  # times are checked below, by the simulated clock
                    "require": ["iat", "exp", "iss"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError:
            return 401, {"message": "A JSON web token could not be decoded", "status": "401"}
        now = self._clock.now.timestamp()
        if not claims["iat"] <= now < claims["exp"] <= now + _LONGEST_STATEMENT_SECONDS:
            return 401, {"message": "'Expiration time' claim ('exp') is wrong", "status": "401"}
        return None


def _bearer(authorization: str) -> str:
    return authorization.removeprefix("Bearer ")
