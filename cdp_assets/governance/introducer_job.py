"""The job by which people add, change and close partners (introducers).

Scope: its form and what is refused; not here: their agreements and clients
(``cdp_assets.validators.agreements``). Of a partner nothing personal is stored but one address.
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

INTRODUCERS: Final = "governance/introducers"
_COLUMNS: Final = ("name", "legal_entity", "contact_email")


class IntroducerForm(ChangeForm):
    """What happens to one partner; `change` leaves fields as they are that are not given."""

    action: Literal["make", "change", "close"] = Field(
        description="`make` adds a partner or opens a closed one again, `change` changes one, "
        "`close` ends new business with it."
    )
    introducer_id: str | None = Field(
        None, description="UUID of the partner; optional with `make`."
    )
    name: str | None = Field(None, description="Name; required to `make` a partner.", min_length=1)
    legal_entity: str | None = Field(None, description="Name of the legal entity; null: unknown.")
    contact_email: str | None = Field(
        None, description="Address for statements; null: none.", pattern=r"^[^@\s]+@[^@\s]+$"
    )


def change_introducer(change: Change, form: IntroducerForm) -> dict[str, Any]:
    """Add, change or close a partner, with its audit row.

    Raises:
        PermanentFailure: The partner exists or does not, or has no name.
    """
    introducer_id = require_named(form)
    before = _stored(change.cursor, introducer_id)
    is_open = before is not None and before["is_active"]
    if (form.action == "make") is is_open:
        state = "exists already" if is_open else "is closed" if before else "does not exist"
        raise PermanentFailure(
            f"the partner {state}",
            key=str(introducer_id),
            hint=f"use the action {'change' if is_open else 'make'}",
        )
    after = _wanted(form, before)
    change.cursor.execute(
        """
        insert into governance.introducers (introducer_id, name, legal_entity, contact_email,
            is_active, created_at)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (introducer_id) do update set name = excluded.name,
            legal_entity = excluded.legal_entity, contact_email = excluded.contact_email,
            is_active = excluded.is_active
        """,
        [introducer_id, *(after[column] for column in _COLUMNS), after["is_active"], change.now],
    )
    verb = {"close": "CLOSE", "change": "UPDATE"}.get(form.action, "REOPEN" if before else "CREATE")
    change.audit(
        f"{verb}_INTRODUCER", "introducer", introducer_id, before, after, name=after["name"]
    )
    return {"introducer_id": str(introducer_id), "name": after["name"]}


def require_introducer(cursor: psycopg.Cursor, introducer_id: str) -> None:
    """Refuse a partner that is unknown or closed.

    Raises:
        PermanentFailure: It is one of both; names the field.
    """
    before = _stored(cursor, introducer_uuid(introducer_id))
    if before is None or not before["is_active"]:
        state = "closed" if before else "unknown"
        raise PermanentFailure(
            f"the partner {introducer_id} is {state}",
            key="introducer_id",
            hint="add partners with `introducer_job`",
        )


def require_named(form: IntroducerForm) -> UUID:
    """Return the partner's id; refuse a form that takes its name away or names nobody.

    Raises:
        PermanentFailure: Name or id is missing, or the id is no UUID; names the field.
    """
    if form.introducer_id is not None:
        if form.has("name"):
            _require_name(form.name)
        return introducer_uuid(form.introducer_id)
    if form.action != "make" or form.name is None:
        missing = "name" if form.action == "make" else "introducer_id"
        raise PermanentFailure("is missing", key=missing, hint="name the partner")
    return governance_id("introducer", form.name)


def introducer_uuid(text: str) -> UUID:
    """Return the id of a partner.

    Raises:
        PermanentFailure: The text is no UUID; names the field.
    """
    try:
        return UUID(text)
    except ValueError:
        raise PermanentFailure(
            f"{text} is no UUID", key="introducer_id", hint="give the id of the partner"
        ) from None


def _stored(cursor: psycopg.Cursor, introducer_id: UUID) -> dict[str, Any] | None:
    row = cursor.execute(
        "select name, legal_entity, contact_email, is_active from governance.introducers "
        "where introducer_id = %s for update",
        [introducer_id],
    ).fetchone()
    return None if row is None else dict(zip((*_COLUMNS, "is_active"), row, strict=True))


def _wanted(form: IntroducerForm, before: dict[str, Any] | None) -> dict[str, Any]:
    wanted = {
        column: getattr(form, column) if before is None or form.has(column) else before[column]
        for column in _COLUMNS
    }
    _require_name(wanted["name"])
    return {**wanted, "is_active": form.action != "close"}


def _require_name(name: str | None) -> None:
    if name is None:
        raise PermanentFailure("a partner needs a name", key="name", hint="name the partner")


introducer_job = build_change_job(
    "introducer_job",
    IntroducerForm,
    change_introducer,
    right=Right.MANAGE_AGREEMENTS,
    locks=[INTRODUCERS],
    check=require_named,
    description="Add, change or close a partner who brings clients. The run tag `user` is your "
    'e-mail address. Example: `{"action": "make", "name": "Example Partners", "contact_email": '
    '"statements@example.org", "reason": "new partner from June on"}`.',
)
