"""Tokens: verifying a JWT (query_layer.md §5.3). They are never issued here.

RS256, ES256 and EdDSA with the issuer's keys; HS256 with a shared secret in the development profile
alone. Scope: signature, times, issuer, audience and the form of the claims; not here: what
``governance.users`` allows (``query_layer.auth.authenticator``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from query_layer.auth.key_set import ALGORITHMS, KeySet
from query_layer.errors import ApiError, Code
from query_layer.settings import DEVELOPMENT_ISSUER, Settings

LEEWAY_SECONDS = 30
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_SHARED_SECRET = "HS256"  # noqa: S105 - an algorithm


@dataclass(frozen=True)
class Token:
    """What a verified token says; null where it says nothing.

    Attributes:
        user_id: User that it is for.
        expires_at: Seconds of the Unix epoch.
        lifetime_days: From issue to expiry.
        role: Role in which it is used.
        org_id: Organisation.
        introducer_id: Partner.
        chains: Chains that it is limited to.
        validators: Validators that it is limited to.
    """

    user_id: str
    expires_at: float
    lifetime_days: float
    role: str | None
    org_id: str | None
    introducer_id: str | None
    chains: tuple[str, ...] | None
    validators: tuple[str, ...] | None


class TokenVerifier:
    """Verifies tokens of the configured issuer.

    Args:
        settings: Issuer, audience, and in development the shared secret.
        keys: The issuer's keys; null: none is configured.
    """

    def __init__(self, settings: Settings, keys: KeySet | None) -> None:
        self._settings = settings
        self._keys = keys

    async def verify(self, text: str) -> Token:
        """Return what a token says.

        Raises:
            ApiError: TOKEN_INVALID, or TOKEN_EXPIRED; DATABASE_UNAVAILABLE where the issuer's keys
                are needed and unknown.
        """
        try:
            header = jwt.get_unverified_header(text)
        except jwt.PyJWTError:
            raise _invalid("The token has not the form of one.") from None
        algorithm = header.get("alg")
        key, issuer = await self._key(algorithm, header.get("kid"))
        try:
            content = jwt.decode(
                text,
                key,
                algorithms=[str(algorithm)],
                audience=self._settings.token_audience,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError:
            raise ApiError(Code.TOKEN_EXPIRED, "The token has expired.") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise _invalid("The token is not one that this service accepts.") from None
        return _token(content)

    async def _key(self, algorithm: object, kid: object) -> tuple[Any, str]:
        """Return the one key that may have signed with an algorithm, and its issuer."""
        settings = self._settings
        if algorithm in ALGORITHMS and self._keys is not None:
            known = kid if isinstance(kid, str) else None
            return await self._keys.key(known, str(algorithm)), settings.token_issuer
        is_development = settings.environment == "development"
        if algorithm == _SHARED_SECRET and is_development and settings.token_secret is not None:
            return settings.token_secret.get_secret_value(), DEVELOPMENT_ISSUER
        raise _invalid("The token is signed with an algorithm that this service does not accept.")


def _token(content: Mapping[str, Any]) -> Token:
    return Token(
        user_id=_text(content, "user_id") or str(content["sub"]),
        expires_at=float(content["exp"]),
        lifetime_days=(float(content["exp"]) - float(content["iat"])) / 86_400,
        role=_text(content, "role"),
        org_id=_text(content, "org_id"),
        introducer_id=_text(content, "introducer_id"),
        chains=_texts(content, "allowed_chain_ids"),
        validators=_texts(content, "allowed_validator_keys"),
    )


def _text(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise _invalid(f"The claim {name} of the token must be a text.")
    return value


def _texts(content: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    values = content.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _invalid(f"The claim {name} of the token must be a list of texts.")
    return tuple(values)


def _invalid(message: str) -> ApiError:
    return ApiError(Code.TOKEN_INVALID, message)
