"""The job by which people override an input of reports, or withdraw an override (G-07).

Scope: its form, what is refused and when, its one step; not here: the closed list of inputs and
their types (``override_values``) or storage (``override_store``). A score cannot be named here at
all.
"""

# No postponed annotations here: the framework reads the resource from the signature.

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field, field_validator

from cdp_assets import clock
from cdp_assets.core.runs.launch_forms import launch_fields, read_form
from cdp_assets.core.runs.partition_run import lock_for_run
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import USER_TAG, tag_run
from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.deals.table_keys import DEALS
from cdp_assets.filplus.overrides.override_store import (
    OVERRIDES_KEY,
    Request,
    add_override,
    withdraw_override,
)
from cdp_assets.filplus.overrides.override_values import (
    INPUTS,
    InputName,
    input_fields,
    parse_value,
)
from resources.postgres.ops_status import bump_version
from resources.postgres.warehouse import Warehouse

APPROVER_TAG = "approver"
_STEP = "change_input_override"


class _Change(BaseModel):
    """Why an input changes, and who approved it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(
        description="Why; shown in every report that the override changes; 10 to 500 letters.",
        min_length=10,
        max_length=500,
    )
    approver: str = Field(
        description="Who approved it: another person than the one of the run tag `user`.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{1,99}$",
    )


class AddOverride(_Change):
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


class WithdrawOverride(_Change):
    """The withdrawal of an override."""

    override_id: int = Field(description="Its number, as a report shows it.", ge=1)


def _one_of_fields(fields: Mapping[str, dg.Field], description: str | None) -> dg.Field:
    chosen = dg.Selector(fields)  # type: ignore[no-untyped-call]
    return dg.Field(chosen, description=description)


_INPUT = _one_of_fields(input_fields(), AddOverride.model_fields["input"].description)
_ACTIONS = {
    "add": dg.Field(
        launch_fields(AddOverride, input=_INPUT),
        description="Take an input from here instead of from its source, for a time.",
    ),
    "withdraw": dg.Field(launch_fields(WithdrawOverride), description="Withdraw an override."),
}
_FORM = {
    "change": _one_of_fields(
        _ACTIONS, "Add an override or withdraw one. An override is never edited."
    )
}


def _step_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"ops": {_STEP: {"config": dict(config)}}}


def _read_change(config: Mapping[str, Any]) -> AddOverride | WithdrawOverride:
    ((action, given),) = config["change"].items()
    if action == "withdraw":
        return read_form(WithdrawOverride, given)
    change = read_form(AddOverride, given)
    _require_future(change)
    return change


def _require_future(change: AddOverride) -> None:
    if change.end <= clock.now():
        raise BadConfiguration(
            f"{change.expires_at} is over: an override must expire later than now",
            key="expires_at",
            hint="give an instant of the future, UTC, and launch again",
        )


def _request(context: dg.OpExecutionContext, change: AddOverride | WithdrawOverride) -> Request:
    """Return the change with its user and its approver, who are two people."""
    user = context.run.tags.get(USER_TAG, "").strip()
    if not user:
        raise BadConfiguration(
            "no user is named for the change",
            key=f"run tag `{USER_TAG}`",
            hint=f"launch again with the tag {USER_TAG} set to your name",
        )
    if user.casefold() == change.approver.casefold():
        raise BadConfiguration(
            "the approver is the person who launched the run; a change needs two people",
            key=user,
            hint="let another person approve it, and name them",
        )
    return Request(user, change.approver, change.reason, clock.now(), context.run_id)


@dg.op(
    name=_STEP,
    description="Write the change and its audit row in one transaction.",
    config_schema=_FORM,
)
def change_input_override(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Add or withdraw one override.

    Raises:
        Failure: The form has a value that is not allowed, the launching user is unknown or
            approves alone, the entity has no such input, or the override to withdraw does not hold.
    """
    with as_dagster_failures():
        change = _read_change(context.op_config)
        request = _request(context, change)
        tag_run(context, warehouse, reason=change.reason, landing=DEALS)
        context.instance.add_run_tags(context.run_id, {APPROVER_TAG: change.approver})
        with (
            lock_for_run(context, warehouse, [OVERRIDES_KEY]),
            warehouse.connect(application="cdp input override") as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            if isinstance(change, AddOverride):
                ((name, value),) = change.input.items()
                number = add_override(
                    cursor, INPUTS[name].kind, change.entity_id, name, value, change.end, request
                )
            else:
                number = change.override_id
                withdraw_override(cursor, number, request)
            bump_version(cursor, OVERRIDES_KEY, context.run_id)
    done = "added" if isinstance(change, AddOverride) else "withdrew"
    context.log.info(f"{done} override {number}: {change.reason}")
    context.add_output_metadata(
        {"override_id": number, "reason": change.reason, "approver": change.approver}
    )


@dg.job(
    name="override_input_job",
    description="Override an input of reports for a time, or withdraw an override: with a reason, "
    "by two people. Reports built from then on show it; older ones never change. The run tag "
    "`user` is your name. Example: "
    '`{"change": {"add": {"entity_id": "f01000", "input": {"retrievability": 0.95}, "reason": '
    '"measured again by hand", "approver": "bob", "expires_at": "2027-06-01T00:00:00Z"}}}`, or '
    '`{"change": {"withdraw": {"override_id": 12, "reason": "the file was corrected", "approver": '
    '"bob"}}}`.',
    config=dg.ConfigMapping(
        config_fn=_step_config, config_schema=_FORM, receive_processed_config_values=False
    ),
)
def override_input_job() -> None:
    """Change one override."""
    change_input_override()
