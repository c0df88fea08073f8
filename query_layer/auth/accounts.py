"""Accounts: users and API keys as ``governance`` has them, known for at most 30 seconds.

Read as ``cdp_auth`` through one function each. Scope: reading and remembering rows; not here: what
follows from a row (``query_layer.auth.authenticator``).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from query_layer.auth.claims import Limits
from query_layer.auth.expiring import Expiring
from query_layer.auth.side_login import SideLogin
from query_layer.errors import ApiError, Code
from query_layer.read.statements import statement

KNOWN_SECONDS = 30.0  # so a revocation takes as long (query_layer.md §5.3)
KEY_PREFIX = "cdp_"
_KEY_ID_LENGTH = 16
_SECRET_LENGTH = 43  # of 32 bytes in base64url


@dataclass(frozen=True)
class Account:
    """A user who may act, with its scope and limits.

    Attributes:
        user_id: Key in ``governance.users``.
        role: Role there.
        org_id: Organisation; empty for none.
        introducer_id: Partner that the user belongs to; empty for none.
        chains: Chains that it may see; null: all.
        validators: Validators that it may see; null: all.
        limits: Of the organisation's plan.
    """

    user_id: str
    role: str
    org_id: str
    introducer_id: str
    chains: tuple[str, ...] | None
    validators: tuple[str, ...] | None
    limits: Limits


@dataclass(frozen=True)
class ApiKey:
    """A key that is valid, with the account that it reads for.

    Attributes:
        key_id: Public part.
        account: For whom it reads.
        scopes: Scopes of the role that it has; null: all.
        asset_groups: Domains that it may read; null: all.
        api_version: Version that it is pinned to; empty for none.
        lifetime_days: From issue to expiry.
    """

    key_id: str
    account: Account
    scopes: frozenset[str] | None
    asset_groups: frozenset[str] | None
    api_version: str
    lifetime_days: float


class Accounts:
    """Users and keys of one process."""

    def __init__(self, login: SideLogin) -> None:
        self._login = login
        self._users: Expiring[Account] = Expiring()
        self._keys: Expiring[ApiKey] = Expiring()

    async def user(self, user_id: str) -> tuple[Account, float]:
        """Return a user who may act, and until when that is known (monotonic clock).

        Raises:
            ApiError: TOKEN_INVALID: there is none, or it may not act now; ORG_SUSPENDED.
        """
        key = user_id.encode()
        known = self._users.get(key)
        if known is None:
            rows = await self._login.fetch(statement("auth_user"), _as_uuid(user_id))
            if not rows or not rows[0]["is_live"]:
                raise ApiError(Code.TOKEN_INVALID, "The user of the token may not act.")
            _require_active_org(rows[0])
            known = _account(rows[0])
            self._users.put(key, known, self._users.after(KNOWN_SECONDS))
        return known, self._users.until(key)

    async def key(self, text: str) -> tuple[ApiKey, float]:
        """Return a valid key, and until when that is known (monotonic clock).

        Args:
            text: As the caller sent it: ``cdp_<key id>_<secret>``.

        Raises:
            ApiError: API_KEY_INVALID, API_KEY_EXPIRED or ORG_SUSPENDED.
        """
        digest = hashlib.sha256(text.encode()).digest()
        known = self._keys.get(digest)
        if known is None:
            known = await self._read_key(text)
            self._keys.put(digest, known, self._keys.after(KNOWN_SECONDS))
        return known, self._keys.until(digest)

    async def _read_key(self, text: str) -> ApiKey:
        key_id, _, secret = text.removeprefix(KEY_PREFIX).partition("_")
        if len(key_id) != _KEY_ID_LENGTH or len(secret) != _SECRET_LENGTH:
            raise _invalid_key()  # not one of ours: no query for it
        rows = await self._login.fetch(statement("auth_key"), key_id)
        digest = hashlib.sha256(secret.encode()).digest()
        stored = rows[0]["secret_sha256"] if rows else b""
        if not hmac.compare_digest(digest, stored) or rows[0]["is_revoked"]:
            raise _invalid_key()
        row = rows[0]
        if row["is_expired"]:
            raise ApiError(Code.API_KEY_EXPIRED, "The API key has expired.")
        if not row["is_live"] or row["role"] != row["key_role"]:
            raise ApiError(Code.API_KEY_INVALID, "The user of the API key may not act as before.")
        _require_active_org(row)
        await self._login.fetch(statement("auth_key_used"), key_id)
        return ApiKey(
            key_id=key_id,
            account=_account(row),
            scopes=_set(row["scopes"]),
            asset_groups=_set(row["asset_groups"]),
            api_version=row["api_version"] or "",
            lifetime_days=row["lifetime_days"],
        )


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        user_id=str(row["user_id"]),
        role=row["role"],
        org_id=str(row["org_id"] or ""),
        introducer_id=str(row["introducer_id"] or ""),
        chains=_tuple(row["allowed_chain_ids"]),
        validators=_tuple(row["allowed_validator_keys"]),
        limits=Limits(
            plan=row["plan"],
            read_per_minute=row["read_per_minute"],
            export_per_minute=row["export_per_minute"],
            exports_at_once=row["exports_at_once"],
            export_rows=row["export_rows"],
        ),
    )


def _require_active_org(row: Mapping[str, Any]) -> None:
    if not row["is_org_active"]:
        raise ApiError(Code.ORG_SUSPENDED, "The organisation of the credential is suspended.")


def _invalid_key() -> ApiError:
    return ApiError(Code.API_KEY_INVALID, "The API key is unknown or revoked.")


def _as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ApiError(Code.TOKEN_INVALID, "The subject of the token is no id of a user.") from None


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _set(values: list[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)
