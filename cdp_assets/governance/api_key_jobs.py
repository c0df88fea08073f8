"""The jobs by which admins issue and revoke API keys of the query layer (query_layer.md §5.3).

The secret is never here: who launches the job makes it and gives its hash, so that no log,
metadata, run config or table ever holds it (decision 0055). Scope: the forms and what is refused;
not here: making a secret (``cdp_assets.cli.api_key_secret``), verifying a key (``query_layer``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, Instant
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.organisation_job import require_organisation
from cdp_assets.governance.people import Right, Role, User, find_user
from cdp_assets.governance.user_job import AUDITOR_DAYS

API_KEYS: Final = "governance/api_keys"
ISSUE_JOB: Final = "api_key_issue"
KEY_DAYS: Final = 365  # longest life of a key
_KEY_ID_DIGITS: Final = 16
_SHOWN: Final = ("label", "org_id", "user_id", "role", "scopes", "asset_groups", "api_version")


class IssueForm(ChangeForm):
    """A new key."""

    email: str = Field(description="User for whom the key reads.", pattern=r"^[^@\s]+@[^@\s]+$")
    organisation: str = Field(description="Name of the organisation that the key belongs to.")
    label: str = Field(description="What the key is for.", min_length=1, max_length=200)
    secret_sha256: str = Field(
        description="SHA-256 of the secret, hexadecimal. `cdp job api_key_issue` makes both and "
        "shows the key once; a secret is 43 characters, 32 random bytes in base64url.",
        pattern=r"^[0-9a-f]{64}$",
    )
    scopes: list[str] | None = Field(
        None, description="Scopes of the user's role that the key has; null: all."
    )
    asset_groups: list[str] | None = Field(
        None, description="Domains whose assets it may read, such as filplus; null: all."
    )
    api_version: str | None = Field(
        None, description="Version of the API that it is pinned to; null: none.", pattern=r"^v\d+$"
    )
    expires_at: Instant | None = Field(
        None,
        description="ISO instant with zone, exclusive; null: 365 days from now, for auditors 90.",
    )


class RevokeForm(ChangeForm):
    """A key that ends."""

    key_id: str = Field(
        description="Part of the key after `cdp_`, 16 characters.", pattern=r"^[0-9a-f]{16}$"
    )


def issue_key(change: Change, form: IssueForm) -> dict[str, Any]:
    """Add a key, with its audit row.

    Raises:
        PermanentFailure: The user may not act or is of another organisation, the expiry is not
            possible, or the hash was used before.
    """
    user = _require_user(change, form.email)
    org_id = require_organisation(change.cursor, form.organisation)
    _require_same_organisation(change, user, org_id)
    expires_at = _expiry(change.now, user, form.expires_at)
    key_id = governance_id("api key", form.secret_sha256).hex[:_KEY_ID_DIGITS]
    if _stored(change, key_id) is not None:
        raise PermanentFailure(
            "a key with this secret was issued before",
            key="secret_sha256",
            hint="make a new secret: `cdp job api_key_issue` does",
        )
    after = {
        "label": form.label,
        "org_id": str(org_id),
        "user_id": str(user.user_id),
        "role": str(user.role),
        "scopes": form.scopes,
        "asset_groups": form.asset_groups,
        "api_version": form.api_version,
    }
    change.cursor.execute(
        f"""
        insert into governance.api_keys
            (key_id, secret_sha256, {", ".join(_SHOWN)}, issued_at, issued_by, expires_at)
        values (%s, %s, {", ".join(["%s"] * len(_SHOWN))}, %s, %s, %s)
        """,
        [
            key_id,
            bytes.fromhex(form.secret_sha256),
            *(after[name] for name in _SHOWN),
            change.now,
            change.actor.audit_id,
            expires_at,
        ],
    )
    shown = {**after, "expires_at": expires_at.isoformat()}
    change.audit("ISSUE_API_KEY", "api_key", key_id, None, shown, name=form.label)
    return {"key_id": key_id, "expires_at": expires_at.isoformat()}


def revoke_key(change: Change, form: RevokeForm) -> dict[str, Any]:
    """End a key, with its audit row; the query layer refuses it within 30 seconds.

    Raises:
        PermanentFailure: It is unknown or was revoked before.
    """
    before = _stored(change, form.key_id)
    if before is None or before["revoked_at"] is not None:
        state = "unknown" if before is None else "revoked already"
        raise PermanentFailure(
            f"the key is {state}", key=form.key_id, hint="look at `governance.api_keys`"
        )
    change.cursor.execute(
        "update governance.api_keys set revoked_at = %s, revoked_by = %s where key_id = %s",
        [change.now, change.actor.audit_id, form.key_id],
    )
    label, after = str(before["label"]), {"revoked_at": change.now.isoformat()}
    change.audit("REVOKE_API_KEY", "api_key", form.key_id, {"revoked_at": None}, after, name=label)
    return {"key_id": form.key_id, "label": label}


def _require_user(change: Change, email: str) -> User:
    user = find_user(change.cursor, email)
    if user is None or not user.is_active:
        state = "closed" if user else "no user"
        raise PermanentFailure(f"is {state}", key=email, hint="add users with `user_job`")
    return user


def _require_same_organisation(change: Change, user: User, org_id: UUID) -> None:
    row = change.cursor.execute(
        "select org_id from governance.users where user_id = %s", [user.user_id]
    ).fetchone()
    if row and row[0] is not None and row[0] != org_id:
        raise PermanentFailure(
            "is a user of another organisation",
            key=user.email,
            hint="name the user's organisation, or another user",
        )


def _expiry(now: datetime, user: User, wanted: datetime | None) -> datetime:
    days = AUDITOR_DAYS if user.role is Role.AUDITOR else KEY_DAYS
    last = now + timedelta(days=days)
    if user.valid_until is not None:
        last = min(last, user.valid_until)
    expires_at = wanted or last
    if not now < expires_at <= last:
        raise PermanentFailure(
            f"must be after now and not after {last.isoformat()}",
            key="expires_at",
            hint="give an earlier instant; a new key can be issued later",
        )
    return expires_at


def _stored(change: Change, key_id: str) -> dict[str, Any] | None:
    row = change.cursor.execute(
        "select label, revoked_at from governance.api_keys where key_id = %s for update", [key_id]
    ).fetchone()
    return None if row is None else {"label": row[0], "revoked_at": row[1]}


api_key_issue = build_change_job(
    ISSUE_JOB,
    IssueForm,
    issue_key,
    right=Right.MANAGE_USERS,
    locks=[API_KEYS],
    description="Issue an API key of the query layer for a user and an organisation; only an admin "
    "may. `cdp job api_key_issue` makes the secret, shows the key once, and gives the job its "
    "hash. The run tag `user` is your e-mail address. Example: "
    '`{"email": "ann@example.org", "organisation": "Example Ltd", "label": "nightly export", '
    '"secret_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", '
    '"reason": "asked for by mail"}`.',
)
api_key_revoke = build_change_job(
    "api_key_revoke",
    RevokeForm,
    revoke_key,
    right=Right.MANAGE_USERS,
    locks=[API_KEYS],
    description="Revoke an API key of the query layer; it is refused within 30 seconds. The run "
    'tag `user` is your e-mail address. Example: `{"key_id": "0123456789abcdef", "reason": '
    '"the program is retired"}`.',
)
