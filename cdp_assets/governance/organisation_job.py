"""The job by which admins add, change, suspend and resume organisations.

Scope: its form and what is refused; not here: keys (``api_key_jobs``), or what a plan allows
(``governance.plans``). An organisation is never deleted: keys and audit rows name it.
"""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import UUID

import psycopg
from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.people import Right

ORGANISATIONS: Final = "governance/organisations"
_COLUMNS: Final = ("plan", "read_per_minute", "is_active")
_VERBS: Final = {"make": "CREATE", "change": "UPDATE", "suspend": "SUSPEND", "resume": "RESUME"}


class OrganisationForm(ChangeForm):
    """What happens to one organisation; `change` leaves fields as they are that are not given."""

    action: Literal["make", "change", "suspend", "resume"] = Field(
        description="`suspend` refuses all credentials of its users and keys until `resume`."
    )
    name: str = Field(description="Name, unique.", min_length=1, max_length=200)
    plan: Literal["standard", "professional", "enterprise"] = Field(
        "standard", description="Sets the limits of its requests."
    )
    read_per_minute: int | None = Field(
        None, description="Requests per minute of each caller; null: those of the plan.", gt=0
    )


def change_organisation(change: Change, form: OrganisationForm) -> dict[str, Any]:
    """Add, change, suspend or resume an organisation, with its audit row.

    Raises:
        PermanentFailure: It exists or does not.
    """
    org_id = organisation_id(form.name)
    before = _stored(change.cursor, org_id)
    if (form.action == "make") is (before is not None):
        state = "exists already" if before else "does not exist"
        action = "change" if before else "make"
        raise PermanentFailure(
            f"the organisation {state}", key=form.name, hint=f"use the action {action}"
        )
    after = dict(before or {"plan": form.plan, "read_per_minute": form.read_per_minute})
    if form.action == "change":
        after |= {name: getattr(form, name) for name in _COLUMNS[:2] if form.has(name)}
    after["is_active"] = {"suspend": False, "resume": True}.get(
        form.action, after.get("is_active", True)
    )
    change.cursor.execute(
        """
        insert into governance.organisations
            (org_id, name, created_at, plan, read_per_minute, is_active)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (org_id) do update set plan = excluded.plan,
            read_per_minute = excluded.read_per_minute, is_active = excluded.is_active
        """,
        [org_id, form.name, change.now, *(after[name] for name in _COLUMNS)],
    )
    verb = f"{_VERBS[form.action]}_ORGANISATION"
    change.audit(verb, "organisation", org_id, before, after, name=form.name)
    return {"org_id": str(org_id), "name": form.name, **after}


def organisation_id(name: str) -> UUID:
    """Return the id of an organisation by its name; upper and lower case are the same."""
    return governance_id("organisation", name.strip().lower())


def require_organisation(cursor: psycopg.Cursor, name: str) -> UUID:
    """Return the id of an organisation that is active.

    Raises:
        PermanentFailure: It is unknown or suspended; names the field.
    """
    org_id = organisation_id(name)
    before = _stored(cursor, org_id)
    if before is None or not before["is_active"]:
        state = "suspended" if before else "unknown"
        raise PermanentFailure(
            f"the organisation {name} is {state}",
            key="organisation",
            hint="add and resume organisations with `organisation_job`",
        )
    return org_id


def _stored(cursor: psycopg.Cursor, org_id: UUID) -> dict[str, Any] | None:
    row = cursor.execute(
        f"select {', '.join(_COLUMNS)} from governance.organisations where org_id = %s for update",
        [org_id],
    ).fetchone()
    return None if row is None else dict(zip(_COLUMNS, row, strict=True))


organisation_job = build_change_job(
    "organisation_job",
    OrganisationForm,
    change_organisation,
    right=Right.MANAGE_USERS,
    locks=[ORGANISATIONS],
    description="Add, change, suspend or resume an organisation, whose plan sets how much its "
    "users and keys may request. The run tag `user` is your e-mail address. Example: "
    '`{"action": "make", "name": "Example Ltd", "plan": "professional", "reason": '
    '"signed on the first of June"}`.',
)
