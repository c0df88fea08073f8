"""The job by which admins add, change and close users; the first user comes from anybody.

Scope: its form and what is refused; not here: rights (``people``). A user is never deleted:
approvals and audit rows name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, Instant
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.introducer_job import introducer_uuid, require_introducer
from cdp_assets.governance.organisation_job import require_organisation
from cdp_assets.governance.people import Right, Role

USERS: Final = "governance/users"
AUDITOR_DAYS: Final = 90  # longest time box of an auditor (validator §12)

RoleName = Literal[
    "admin",
    "finance",
    "ops",
    "partner",
    "auditor",
    "developer",
    "designer",
    "executor",
    "viewer",
    "executive",
]


class UserForm(ChangeForm):
    """What happens to one user; `change` leaves fields as they are that are not given."""

    action: Literal["make", "change", "close"] = Field(
        description="`make` adds a user or opens a closed one again, `change` changes one, "
        "`close` ends its rights."
    )
    email: str = Field(
        description="E-mail address; upper and lower case are the same.",
        pattern=r"^[^@\s]+@[^@\s]+$",
        max_length=254,
    )
    role: RoleName | None = Field(None, description="Role; required to `make` a user.")
    organisation: str | None = Field(
        None, description="Name of the organisation that the user belongs to; null: none."
    )
    introducer_id: str | None = Field(
        None, description="Partner that the user belongs to; only of the role partner."
    )
    chains: list[str] | None = Field(
        None, description="Chains that the user may see; null: all; an empty list: none."
    )
    validators: list[str] | None = Field(
        None, description="Validators that the user may see; null: all; an empty list: none."
    )
    valid_from: Instant | None = Field(
        None, description="ISO instant with zone from which on the user may act; null: no bound."
    )
    valid_until: Instant | None = Field(
        None, description="ISO instant with zone, exclusive; null: no bound; auditors: 90 days."
    )


# Columns of a user that a form sets, and the field of each.
_FIELDS: Final = {
    "role": "role",
    "introducer_id": "introducer_id",
    "allowed_chain_ids": "chains",
    "allowed_validator_keys": "validators",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
}


def change_user(change: Change, form: UserForm) -> dict[str, Any]:
    """Add, change or close a user, with its audit row.

    Raises:
        PermanentFailure: The user exists or does not, a field is missing or contradicts another,
            or no admin would be left.
    """
    require_possible_user(form)
    email = form.email.lower()
    before = _stored(change, email)
    _require_possible(change, form, email, before)
    after = _wanted(change, form, before)
    user_id = before["user_id"] if before else governance_id("user", email)
    _save(change, str(user_id), email, after)
    _require_an_admin(change, email)
    change.audit(
        _action(change, form, before, after),
        "user",
        user_id,
        None if before is None else _shown(before),
        _shown({"email": email, **after}),
        name=email,
    )
    return {"user_id": str(user_id), "email": email, "role": after["role"]}


def require_possible_user(form: UserForm) -> None:
    """Refuse a form whose fields contradict each other, whatever is stored.

    Raises:
        PermanentFailure: A new user has no role, the role and the partner do not fit, or the
            instants are out of order; names the field.
    """
    if form.action == "close":
        return
    if form.action == "make" and form.role is None:
        raise PermanentFailure("a new user needs a role", key="role", hint="name the role")
    known = {
        column: getattr(form, field)
        for column, field in _FIELDS.items()
        if form.action == "make" or form.has(field)
    }
    if known.get("role") is None:  # a null changes no role
        known.pop("role", None)
    _require_consistent(known)


def _stored(change: Change, email: str) -> dict[str, Any] | None:
    cursor = change.cursor.execute(
        f"select user_id, email, is_active, org_id, {', '.join(_FIELDS)} from governance.users "
        "where lower(email) = %s for update",
        [email],
    )
    row = cursor.fetchone()
    assert cursor.description is not None
    return (
        None if row is None else dict(zip((c.name for c in cursor.description), row, strict=True))
    )


def _require_possible(
    change: Change, form: UserForm, email: str, before: dict[str, Any] | None
) -> None:
    if change.actor.is_bootstrap and (form.action, form.role) != ("make", "admin"):
        raise PermanentFailure(
            "there is no user yet, and the first one must be an admin",
            key="role",
            hint="launch it with the action make and the role admin",
        )
    if form.action == "make":
        if before is not None and before["is_active"]:
            raise PermanentFailure("is a user already", key=email, hint="use the action change")
    elif before is None or not before["is_active"]:
        state = "no user" if before is None else "closed"
        raise PermanentFailure(f"is {state}", key=email, hint="use the action make")


def _wanted(change: Change, form: UserForm, before: dict[str, Any] | None) -> dict[str, Any]:
    """Return the columns that the user has afterwards."""
    if form.action == "close":
        assert before is not None
        return {**{column: before[column] for column in (*_FIELDS, "org_id")}, "is_active": False}
    is_new = form.action == "make" or before is None
    wanted = {
        column: getattr(form, field) if is_new or form.has(field) else (before or {})[column]
        for column, field in _FIELDS.items()
    }
    wanted["role"] = wanted["role"] or (before or {}).get("role")
    wanted["org_id"] = None if is_new else (before or {})["org_id"]
    if form.organisation is not None:
        wanted["org_id"] = require_organisation(change.cursor, form.organisation)
    elif form.has("organisation"):
        wanted["org_id"] = None
    if wanted["role"] == Role.AUDITOR:
        wanted["valid_from"] = wanted["valid_from"] or change.now
        limit = wanted["valid_from"] + timedelta(days=AUDITOR_DAYS)
        wanted["valid_until"] = wanted["valid_until"] or limit
    _require_consistent(wanted)
    if wanted["introducer_id"] is not None:
        require_introducer(change.cursor, str(wanted["introducer_id"]))
    return {**wanted, "is_active": True}


def _require_consistent(known: Mapping[str, Any]) -> None:
    """Refuse columns that contradict each other; what is not known yet contradicts nothing."""
    role, introducer = known.get("role"), known.get("introducer_id")
    start, end = known.get("valid_from"), known.get("valid_until")
    is_complete = "role" in known and "introducer_id" in known
    if is_complete and (role == Role.PARTNER) is not (introducer is not None):
        raise PermanentFailure(
            "a partner's user needs introducer_id, a user of another role has none",
            key="introducer_id",
            hint="name the partner, or another role",
        )
    if introducer is not None:
        introducer_uuid(str(introducer))
    if start is None or end is None:
        return
    if end <= start:
        raise PermanentFailure(
            "must be after valid_from", key="valid_until", hint="correct the instants"
        )
    if role == Role.AUDITOR and end - start > timedelta(days=AUDITOR_DAYS):
        raise PermanentFailure(
            f"an auditor's time is at most {AUDITOR_DAYS} days",
            key="valid_until",
            hint="give an earlier instant; it may be moved on later",
        )


def _save(change: Change, user_id: str, email: str, after: dict[str, Any]) -> None:
    columns = [*_FIELDS, "org_id", "is_active"]
    disabled_at = None if after["is_active"] else change.now
    change.cursor.execute(
        f"""
        insert into governance.users (user_id, email, created_at, disabled_at, {", ".join(columns)})
        values (%s, %s, %s, %s, {", ".join(["%s"] * len(columns))})
        on conflict (user_id) do update set disabled_at = excluded.disabled_at,
            {", ".join(f"{column} = excluded.{column}" for column in columns)}
        """,
        [user_id, email, change.now, disabled_at, *(after[column] for column in columns)],
    )


def _require_an_admin(change: Change, email: str) -> None:
    """Refuse a change after which no user could manage users."""
    left = change.cursor.execute(
        "select exists (select from governance.users where role = 'admin' and is_active "
        "and coalesce(valid_until > %s, true))",
        [change.now],
    ).fetchone()
    if left != (True,):
        raise PermanentFailure(
            "is the last admin", key=email, hint="make another user an admin first"
        )


def _action(
    change: Change, form: UserForm, before: dict[str, Any] | None, after: dict[str, Any]
) -> str:
    if change.actor.is_bootstrap:
        return "BOOTSTRAP"
    if form.action == "close":
        return "CLOSE_USER"
    if before is None:
        return "CREATE_USER"
    if not before["is_active"]:
        return "REOPEN_USER"
    return "UPDATE_USER" if before["role"] == after["role"] else "CHANGE_ROLE"


def _shown(user: dict[str, Any]) -> dict[str, Any]:
    """Return a user as audit rows show it."""
    return {key: _text(value) for key, value in user.items() if key != "user_id"}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | list) else str(value)


user_job = build_change_job(
    "user_job",
    UserForm,
    change_user,
    right=Right.MANAGE_USERS,
    locks=[USERS],
    check=require_possible_user,
    description="Add, change or close a user; only an admin may, and the first user of all, an "
    "admin, is added by anybody. The run tag `user` is your e-mail address. Example: "
    '`{"action": "make", "email": "ann@example.org", "role": "finance", "chains": '
    '["solana-mainnet"], "reason": "joins the finance team"}`.',
)
