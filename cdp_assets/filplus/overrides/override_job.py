"""The job by which people override an input of reports, or withdraw an override (G-07).

One person requests, another one approves by a launch of their own. Scope: its form, what is refused
and when; not here: the closed list of inputs and their types (``override_values``), requests
(``override_requests``) or storage (``override_store``). A score cannot be named here at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field, field_validator

from cdp_assets.core.runs.launch_forms import launch_fields, read_form
from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.overrides.override_requests import (
    PendingRequest,
    mark_approved,
    pending_request,
    request_change,
)
from cdp_assets.filplus.overrides.override_store import (
    OVERRIDES_KEY,
    Request,
    add_override,
    require_entity,
    require_in_force,
    withdraw_override,
)
from cdp_assets.filplus.overrides.override_values import (
    INPUTS,
    InputName,
    input_fields,
    parse_value,
)
from cdp_assets.governance.approvals import approve
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm
from cdp_assets.governance.people import Right


class _Action(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AddOverride(_Action):
    """An input that reports take from here instead of from its source, for a time."""

    entity_id: str = Field(
        description="Entity whose input it is: an id, f0 and a number, such as f0300.",
        pattern=r"^f0[0-9]{1,20}$",
    )
    input: dict[InputName, Any] = Field(
        description="One input, with the value to use.", min_length=1, max_length=1
    )
    expires_at: str = Field(
        description="ISO instant with zone, such as 2027-06-01T00:00:00Z; from then on the "
        "override does not hold."
    )

    @field_validator("expires_at")
    @classmethod
    def _validate_instant(cls, text: str) -> str:
        if datetime.fromisoformat(text).utcoffset() is None:
            raise ValueError("an instant names its zone: end it with Z")
        return text

    @field_validator("input")
    @classmethod
    def _validate_value(cls, given: dict[InputName, Any]) -> dict[InputName, Any]:
        return {name: parse_value(name, value) for name, value in given.items()}

    @property
    def end(self) -> datetime:
        """Return the instant from which it does not hold."""
        return datetime.fromisoformat(self.expires_at)


class WithdrawOverride(_Action):
    """The withdrawal of an override."""

    override_id: int = Field(description="Its number, as a report shows it.", ge=1)


class ApproveRequest(_Action):
    """The approval of what another person requested, which then takes effect."""

    request_id: int = Field(
        description="Its number, as the run of the request and "
        "governance.input_override_requests show it.",
        ge=1,
    )


_ACTION_FORMS: dict[str, type[_Action]] = {
    "add": AddOverride,
    "withdraw": WithdrawOverride,
    "approve": ApproveRequest,
}


class InputChange(ChangeForm):
    """One action."""

    change: Any = Field(
        description="Request to add an override or to withdraw one, or approve such a request. "
        "An override is never edited."
    )

    @field_validator("change")
    @classmethod
    def _parse(cls, given: Mapping[str, Any]) -> _Action:
        ((action, values),) = given.items()
        return read_form(_ACTION_FORMS[action], values)


def _one_of_fields(fields: Mapping[str, dg.Field], description: str | None) -> dg.Field:
    chosen = dg.Selector(fields)  # type: ignore[no-untyped-call]
    return dg.Field(chosen, description=description)


_INPUT = _one_of_fields(input_fields(), AddOverride.model_fields["input"].description)
_ACTIONS = {
    "add": dg.Field(
        launch_fields(AddOverride, input=_INPUT),
        description="Request that an input is taken from here instead of its source, for a time.",
    ),
    "withdraw": dg.Field(
        launch_fields(WithdrawOverride), description="Request that an override is withdrawn."
    ),
    "approve": dg.Field(
        launch_fields(ApproveRequest), description="Approve what another person requested."
    ),
}


def _right(form: InputChange) -> Right:
    is_approval = isinstance(form.change, ApproveRequest)
    return Right.APPROVE_INPUTS if is_approval else Right.OVERRIDE_INPUTS


def change_input(change: Change, form: InputChange) -> dict[str, Any]:
    """Request a change of an override, or approve one, which writes it.

    Raises:
        BadConfiguration: The end is over, the entity has no such input, or the override to withdraw
            does not hold.
        PermanentFailure: The request to approve is not pending, or the same person made it.
    """
    if isinstance(form.change, ApproveRequest):
        return _approve(change, form.change.request_id)
    _require_possible(change, form.change)
    action = "add" if isinstance(form.change, AddOverride) else "withdraw"
    number = request_change(change, action, form.change.model_dump())
    return {"request_id": number, "result": "waits for the approval of another person"}


def _approve(change: Change, number: int) -> dict[str, Any]:
    pending = pending_request(change.cursor, number)
    approve(
        change,
        "input_override_request",
        str(number),
        pending.content_hash,
        excluded=[pending.user_id],
    )
    # Its values were parsed when it was requested.
    action = _ACTION_FORMS[pending.action].model_construct(**pending.content)
    _require_possible(change, action)
    override_id = _write(change, action, _request(change, pending))
    mark_approved(change, number, override_id)
    change.bump(OVERRIDES_KEY)
    done = "added" if isinstance(action, AddOverride) else "withdrawn"
    return {"request_id": number, "override_id": override_id, "result": done}


def _request(change: Change, pending: PendingRequest) -> Request:
    return Request(
        pending.email,
        change.actor.email,
        pending.reason,
        change.now,
        change.run_id,
        change.actor.audit_id,
        change.actor.identity_proof,
    )


def _write(change: Change, action: BaseModel, request: Request) -> int:
    if isinstance(action, AddOverride):
        ((name, value),) = action.input.items()
        kind = INPUTS[name].kind
        return add_override(change.cursor, kind, action.entity_id, name, value, action.end, request)
    assert isinstance(action, WithdrawOverride)
    withdraw_override(change.cursor, action.override_id, request)
    return action.override_id


def _require_possible(change: Change, action: BaseModel) -> None:
    if isinstance(action, WithdrawOverride):
        require_in_force(change.cursor, action.override_id, change.now)
        return
    assert isinstance(action, AddOverride)
    if action.end <= change.now:
        raise BadConfiguration(
            f"{action.expires_at} is over: an override must expire later than now",
            key="expires_at",
            hint="give an instant of the future, UTC, and launch again",
        )
    (name,) = action.input
    require_entity(change.cursor, INPUTS[name].kind, action.entity_id)


override_input_job = build_change_job(
    "override_input_job",
    InputChange,
    change_input,
    right=_right,
    locks=[OVERRIDES_KEY],
    fields={"change": _one_of_fields(_ACTIONS, InputChange.model_fields["change"].description)},
    description="Request an override of an input of reports for a time, or the withdrawal of one; "
    "another person approves it by a launch of their own. Reports built from then on show it; "
    "older ones never change. The run tag `user` is your e-mail address. Examples: "
    '`{"change": {"add": {"entity_id": "f01000", "input": {"retrievability": 0.95}, "expires_at": '
    '"2027-06-01T00:00:00Z"}}, "reason": "measured again by hand"}`, '
    '`{"change": {"withdraw": {"override_id": 12}}, "reason": "the file was corrected"}`, '
    '`{"change": {"approve": {"request_id": 7}}, "reason": "checked in the file"}`.',
)
