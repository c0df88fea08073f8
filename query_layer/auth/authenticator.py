"""Who is calling: from a request's headers to claims (query_layer.md §5.1, §5.3).

A credential is looked up by its hash; only an unknown one is verified. Claims of a token may only
narrow what ``governance.users`` says. Scope: that rule and its order; not here: signatures
(``query_layer.auth.tokens``), rows (``query_layer.auth.accounts``), cookies
(``query_layer.auth.sessions``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from query_layer.auth.accounts import KEY_PREFIX, Account, Accounts, ApiKey
from query_layer.auth.claims import Claims, anonymous
from query_layer.auth.expiring import Expiring
from query_layer.auth.roles import RoleBook
from query_layer.auth.sessions import Sessions
from query_layer.auth.tokens import LEEWAY_SECONDS, Token, TokenVerifier
from query_layer.errors import ApiError, Code
from query_layer.ops.clock import wall_clock
from query_layer.settings import Settings

VERIFIED_SECONDS = 60.0
_ADMIN = "admin"
_PARTNER = "partner"
_ORGANISATION = "x-organization-id"


class Authenticator:
    """Turns credentials into claims."""

    def __init__(
        self,
        settings: Settings,
        book: RoleBook,
        accounts: Accounts,
        verifier: TokenVerifier,
        sessions: Sessions,
    ) -> None:
        self._settings = settings
        self._book = book
        self._accounts = accounts
        self._verifier = verifier
        self._sessions = sessions
        self._claims: Expiring[Claims] = Expiring()
        self._tokens: Expiring[Token] = Expiring()
        scopes = settings.anonymous_scopes
        self._anonymous = (
            None if scopes is None else anonymous(scopes, settings.anonymous_per_minute)
        )

    async def identify(self, headers: Mapping[str, str]) -> Claims:
        """Return the caller.

        Raises:
            ApiError: TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, API_KEY_INVALID,
                API_KEY_EXPIRED, SCOPE_DENIED (a role that is refused here), ORG_SUSPENDED, or
                DATABASE_UNAVAILABLE where users cannot be read.
        """
        text = self._credential(headers)
        if text is None:
            if self._anonymous is None:
                raise ApiError(Code.TOKEN_MISSING, "Send a token or an API key.")
            return self._anonymous
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        claims = self._claims.get(digest)
        if claims is None:
            claims = await self._verified(text, digest)
        if _ORGANISATION in headers and self._book.role(claims.role).names_organisation:
            return replace(claims, org_id=_organisation(headers[_ORGANISATION]))
        return claims

    async def of_token(self, text: str) -> Claims:
        """Return the caller of a token that came in another way than a header.

        Raises:
            ApiError: As ``identify``.
        """
        return await self.identify({"authorization": f"Bearer {text}"})

    def _credential(self, headers: Mapping[str, str]) -> str | None:
        header = headers.get("authorization")
        if header is None:
            cookie = headers.get("cookie")
            return None if cookie is None else self._sessions.token(cookie)
        scheme, _, text = header.strip().partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise ApiError(
                Code.TOKEN_INVALID, "The header Authorization must be `Bearer` and a credential."
            )
        return text.strip()

    async def _verified(self, text: str, digest: bytes) -> Claims:
        if text.startswith(KEY_PREFIX):
            key, until = await self._accounts.key(text)
            claims = self._claims_of_key(key)
        else:
            token = self._tokens.get(digest)
            if token is None:
                token = await self._verifier.verify(text)
                left = token.expires_at + LEEWAY_SECONDS - wall_clock().timestamp()
                self._tokens.put(
                    digest, token, self._tokens.after(max(0.0, min(VERIFIED_SECONDS, left)))
                )
            account, until = await self._accounts.user(token.user_id)
            until = min(until, self._tokens.until(digest))
            claims = self._claims_of_token(token, account)
        self._claims.put(digest, claims, until)
        return claims

    def _claims_of_token(self, token: Token, account: Account) -> Claims:
        """Return what the user and the token both allow."""
        role = token.role or account.role
        # Only what an admin may is more than every other role's; else a second role would add rows.
        if role != account.role and account.role != _ADMIN:
            raise _wider("role")
        self._require_possible(role, token.lifetime_days)
        if token.org_id is not None and token.org_id != account.org_id:
            raise _wider("org_id")
        introducer = account.introducer_id
        if token.introducer_id is not None and token.introducer_id != introducer:
            if account.role != _ADMIN:
                raise _wider("introducer_id")
            introducer = token.introducer_id
        scopes = self._book.role(role).scopes & self._book.role(account.role).scopes
        return Claims(
            user_id=account.user_id,
            role=role,
            org_id=account.org_id,
            introducer_id=introducer if role == _PARTNER else "",
            chains=_narrowed(account.chains, token.chains),
            validators=_narrowed(account.validators, token.validators),
            scopes=scopes,
            limits=account.limits,
        )

    def _claims_of_key(self, key: ApiKey) -> Claims:
        account = key.account
        self._require_possible(account.role, key.lifetime_days)
        scopes = self._book.role(account.role).scopes
        return Claims(
            user_id=account.user_id,
            role=account.role,
            org_id=account.org_id,
            introducer_id=account.introducer_id if account.role == _PARTNER else "",
            chains=account.chains,
            validators=account.validators,
            scopes=scopes if key.scopes is None else scopes & key.scopes,
            key_id=key.key_id,
            asset_groups=key.asset_groups,
            api_version=key.api_version,
            limits=account.limits,
        )

    def _require_possible(self, name: str, lifetime_days: float) -> None:
        """Refuse a role that is not for this environment, and a credential that lasts too long."""
        role = self._book.role(name)
        is_production = self._settings.environment == "production"
        if is_production and not role.in_production and self._settings.allow_developers == "off":
            raise ApiError(Code.SCOPE_DENIED, f"The role {name} is refused in production.")
        longest = role.longest_credential_days
        if longest is not None and lifetime_days > longest:
            raise ApiError(
                Code.TOKEN_INVALID,
                f"A credential of the role {name} is valid for {longest} days at most.",
            )


def _narrowed(
    user: tuple[str, ...] | None, token: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return what is in both lists; null is everything."""
    if user is None or token is None:
        return token if user is None else user
    return tuple(value for value in user if value in token)


def _wider(claim: str) -> ApiError:
    return ApiError(
        Code.TOKEN_INVALID, f"The claim {claim} of the token is not what its user has.", {}
    )


def _organisation(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ApiError(
            Code.VALIDATION_FAILED,
            "The header X-Organization-Id must be the id of an organisation.",
            {"header": "X-Organization-Id"},
        ) from None
