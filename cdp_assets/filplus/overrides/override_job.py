"""The job by which people override an input of reports, or withdraw an override (G-07).

Belongs here: its config, what is refused before launch, its one step. Does not: the closed list of
inputs (``override_values``) or storage (``override_store``). A score cannot be named here at all.
"""

# No postponed annotations here: the framework reads the config class from the signature.

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import dagster as dg
from pydantic import Field, ValidationError, field_validator, model_validator

from cdp_assets import clock
from cdp_assets.errors import BadConfiguration
from cdp_assets.failures import explained
from cdp_assets.filplus.overrides.override_store import (
    OVERRIDES_KEY,
    Request,
    add_override,
    withdraw_override,
)
from cdp_assets.filplus.overrides.override_values import EntityKind, InputName, parse_value
from cdp_assets.run_context import USER_TAG, note_launch
from resources.publication import bump_version
from resources.warehouse import Warehouse

APPROVER_TAG = "approver"
_REASON = Field(
    description="Why, in words that stand in every report that it changes.",
    min_length=10,
    max_length=500,
)
_APPROVER = Field(
    description="Who agreed: another person than the one of the run tag `user`.",
    pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{1,99}$",
)


class AddOverride(dg.Config):
    """An input that reports take from here instead of from its source, for a time."""

    action: Literal["add"] = "add"
    entity_kind: EntityKind = Field(description="Whose input it is.")
    entity_id: str = Field(description="Its id, such as f0300.", pattern=r"^f0[0-9]{1,20}$")
    input_name: InputName = Field(
        description="Which input: of an allocator `data_type` to `first_audit_ended_at`, of a "
        "client `declared_providers` to `total_requested_amount`, of a provider `retrievability`."
    )
    value: Any = Field(
        description="The value to use: whole bytes, a rate 0 to 1, a text, a list of texts or ids; "
        "null: unknown, or not measured."
    )
    reason: str = _REASON
    approver: str = _APPROVER
    expires_at: str = Field(
        description="ISO instant, UTC, such as 2026-06-01T00:00:00Z; from it on the override "
        "holds no longer."
    )

    @field_validator("expires_at")
    @classmethod
    def _is_an_instant(cls, text: str) -> str:
        if datetime.fromisoformat(text).utcoffset() is None:
            raise ValueError("an instant names its zone: end it with Z")
        return text

    @model_validator(mode="after")
    def _has_a_value_of_its_form(self) -> "AddOverride":
        parse_value(self.entity_kind, self.input_name, self.value)
        return self

    @property
    def end(self) -> datetime:
        """Return the instant from which on it holds no longer."""
        return datetime.fromisoformat(self.expires_at)


class WithdrawOverride(dg.Config):
    """An override that shall hold no longer."""

    action: Literal["withdraw"] = "withdraw"
    override_id: int = Field(description="Its number, as a report shows it.", ge=1)
    reason: str = _REASON
    approver: str = _APPROVER


class InputOverrideConfig(dg.Config):
    """One change: `add` or `withdraw`. An override is never edited."""

    change: AddOverride | WithdrawOverride = Field(
        discriminator="action", description="What to do: add an override or withdraw one."
    )


def _checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of the step; what is wrong with it is said before the run exists (D-08)."""
    try:
        change = InputOverrideConfig(**config).change
    except ValidationError as error:
        wrong = "; ".join(_in_words(detail["loc"], detail["msg"]) for detail in error.errors())
        raise BadConfiguration(
            wrong, key="override_input_job", hint="correct the form and launch again"
        ) from None
    _require_future(change)
    return {"ops": {"change_input_override": {"config": dict(config)}}}


def _in_words(place: tuple[int | str, ...], message: str) -> str:
    """Return what is wrong with which field; the first two places are ``change`` and the action."""
    field = ".".join(str(part) for part in place[2:]) or "value"
    return f"{field}: {message.removeprefix('Value error, ')}"


def _require_future(change: AddOverride | WithdrawOverride) -> None:
    if isinstance(change, AddOverride) and change.end <= clock.now():
        raise BadConfiguration(
            "an override must expire later than now", key=change.expires_at,
            hint="give an instant of the future, UTC",
        )  # fmt: skip


def _request(context: dg.OpExecutionContext, change: AddOverride | WithdrawOverride) -> Request:
    """Return who asks for what; two people, neither of them a guess."""
    user = context.run.tags.get(USER_TAG, "").strip()
    if not user:
        raise BadConfiguration(
            "nobody is named who asks for the change", key=f"run tag `{USER_TAG}`",
            hint=f"launch again with the tag {USER_TAG} set to your name",
        )  # fmt: skip
    if user.casefold() == change.approver.casefold():
        raise BadConfiguration(
            "the approver is the person who launched the run: it takes two", key=user,
            hint="let somebody else agree, and name them",
        )  # fmt: skip
    return Request(user, change.approver, change.reason, clock.now(), context.run_id)


@dg.op(description="Write the change and its audit row in one transaction.")
def change_input_override(
    context: dg.OpExecutionContext, config: InputOverrideConfig, warehouse: Warehouse
) -> None:
    """Add or withdraw one override.

    Raises:
        Failure: The launching user is unknown or approves alone, the entity has no such input, or
            the override to withdraw does not hold.
    """
    change = config.change
    with explained():
        _require_future(change)
        request = _request(context, change)
        note_launch(context, warehouse, reason=change.reason)
        context.instance.add_run_tags(context.run_id, {APPROVER_TAG: change.approver})
        with (
            warehouse.lock_tables([OVERRIDES_KEY]),
            warehouse.connect(application="cdp input override") as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            if isinstance(change, AddOverride):
                value = parse_value(change.entity_kind, change.input_name, change.value)
                number = add_override(
                    cursor, change.entity_kind, change.entity_id, change.input_name, value,
                    change.end, request,
                )  # fmt: skip
            else:
                number = change.override_id
                withdraw_override(cursor, number, request)
            bump_version(cursor, OVERRIDES_KEY, context.run_id)
    context.log.info(f"{change.action} override {number}: {change.reason}")
    context.add_output_metadata(
        {"override_id": number, "reason": change.reason, "approver": change.approver}
    )


@dg.job(
    name="override_input_job",
    description="Override an input of reports for a time, or withdraw an override: with a reason, "
    "by two people. Reports made from then on show it; older ones never change.",
    config=dg.ConfigMapping(
        config_fn=_checked,
        config_schema=InputOverrideConfig.to_config_schema(),
        receive_processed_config_values=False,
    ),
)
def override_input_job() -> None:
    """Change one override."""
    change_input_override()
