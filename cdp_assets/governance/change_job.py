"""Jobs by which people change something: one frame for all of them.

Such a job has a typed form, a reason and a user; what it changes and its audit row are in one
transaction. A job is built by :func:`build_change_job` from a form and a function::

    class Note(BaseModel):
        report_id: UUID = Field(description="Report that is acknowledged.")

    def acknowledge(change: Change, form: Note) -> dict[str, Any]:
        change.cursor.execute(...)
        change.audit("ACKNOWLEDGE_DRIFT", "reconciliation_report", form.report_id, before, after)
        return {"report_id": str(form.report_id)}

    acknowledge_job = build_change_job(
        "acknowledge_job", Note, acknowledge, right=Right.ACKNOWLEDGE, description="…")

Before there is a run, the launchpad and `cdp job` refuse what the form or ``check`` refuses: the
config mapping calls both. The step calls them again, so a run made in another way is refused, too.

Scope: the frame; not here: who has which right (``people``), the hashes of the audit log
(``audit_log``), any change.
"""

# No postponed annotations here: the framework reads the resource from the signature.

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

import dagster as dg
import psycopg
from pydantic import BaseModel, Field, StringConstraints

from cdp_assets.core.runs.in_process_runs import QUIET
from cdp_assets.core.runs.launch_forms import launch_fields, read_form
from cdp_assets.core.runs.partition_run import partition_run
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import USER_TAG, tag_run
from cdp_assets.errors import CdpError
from cdp_assets.governance.audit_log import AuditEntry, append
from cdp_assets.governance.people import UNPROVEN, Actor, Right, require_actor
from resources.postgres.ops_status import bump_version
from resources.postgres.warehouse import Warehouse

REASON = "reason"
MIN_REASON = 10


class Reasoned(BaseModel):
    """The field that every change has."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        description="Why; stored in the audit log; 10 to 500 characters.",
        min_length=MIN_REASON,
        max_length=500,
    )


@dataclass(frozen=True)
class Change:
    """What a change works with.

    Attributes:
        cursor: Of the one transaction; an error rolls everything back.
        actor: Who launched it, with the right to.
        reason: Why.
        now: The clock, UTC.
        run_id: Of the run.
        log: Of the run.
        warehouse: For work that needs a connection of its own.
    """

    cursor: psycopg.Cursor
    actor: Actor
    reason: str
    now: datetime
    run_id: str
    log: logging.Logger
    warehouse: Warehouse

    def audit(
        self,
        action: str,
        resource_type: str,
        resource_id: object,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        *,
        name: str | None = None,
    ) -> int:
        """Write the audit row of the change in its transaction and return its number.

        Args:
            action: Verb and noun in capitals, such as ``CREATE_OVERRIDE``.
            resource_type: What was changed, in lower case.
            resource_id: Which one.
            before: State before; amounts as text; null: there was none.
            after: State after; null: there is none.
            name: Name of the changed thing for people; null: none.
        """
        return append(
            self.cursor,
            AuditEntry(
                at=self.now,
                actor_id=self.actor.audit_id,
                action=action,
                resource_type=resource_type,
                resource_id=str(resource_id),
                before=before,
                after=after,
                reason=self.reason,
                correlation_id=self.run_id,
                entity_name=name,
                identity_proof=self.actor.identity_proof,
            ),
        )

    def bump(self, *asset_keys: str) -> None:
        """Raise the versions of changed tables, such as ``governance/overrides``.

        What is built on them is stale from then on.
        """
        for key in asset_keys:
            bump_version(self.cursor, key, self.run_id)


Form = TypeVar("Form", bound=BaseModel)
Work = Callable[[Change, Form], dict[str, Any] | None]
Check = Callable[[Form], object]


def build_change_job(
    name: str,
    form: type[Form],
    work: Work[Form],
    *,
    right: Right | Callable[[Form], Right],
    description: str,
    locks: Sequence[str] = (),
    fields: Mapping[str, dg.Field] | None = None,
    check: Check[Form] | None = None,
) -> dg.JobDefinition:
    """Return a job that changes something for a person, or refuses with a sentence.

    Its config is the fields of the form and ``reason``; its user is the run tag ``user``. Without
    the right, with a wrong value or after an error nothing is written.

    Args:
        name: Of the job, ending in ``_job``.
        form: Of texts, numbers, lists and literals, each described.
        work: Changes and audits; what it returns is shown with the run.
        right: That the user needs, or how it follows from the form.
        description: Of the job, with an example.
        locks: Asset keys of the tables that one run at a time may change.
        fields: Launchpad fields that replace those of the form.
        check: Refuses a form from its values and the configuration alone, without the database or
            the clock, by a ``PermanentFailure`` that names the field; null: the form says all.
    """
    schema = {**launch_fields(form, **(fields or {})), **launch_fields(Reasoned)}
    step_name = f"{name.removesuffix('_job')}_change"

    @dg.op(name=step_name, description=description, config_schema=schema)
    def change_step(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
        with as_dagster_failures():
            values, reason = _read(form, context.op_config, check)
            tag_run(context, warehouse, reason=reason)
            needed = right if isinstance(right, Right) else right(values)
            done = _execute(context, warehouse, work, values, reason, needed, locks)
            context.add_output_metadata({**done, REASON: reason})

    def config_of_step(config: Mapping[str, Any]) -> dict[str, Any]:
        try:
            _read(form, config, check)
        except CdpError as refused:
            # Of the framework's contract: launches show it as it is, and there is no run.
            wrong = dg.DagsterInvalidConfigError(str(refused), [], config)  # type: ignore[no-untyped-call]
            raise wrong from None
        return {"ops": {step_name: {"config": dict(config)}}, **QUIET}

    mapping = dg.ConfigMapping(
        config_fn=config_of_step,
        config_schema=schema,
        receive_processed_config_values=False,
    )

    @dg.job(name=name, description=description, config=mapping)
    def change_job() -> None:
        change_step()

    return change_job


def _read(
    form: type[Form], config: Mapping[str, Any], check: Check[Form] | None
) -> tuple[Form, str]:
    """Return the values and the reason of a config, or refuse it with a sentence."""
    reason = read_form(Reasoned, {REASON: config[REASON]}).reason
    values = read_form(form, {key: value for key, value in config.items() if key != REASON})
    if check is not None:
        check(values)
    return values, reason


def _execute(
    context: dg.OpExecutionContext,
    warehouse: Warehouse,
    work: Work[Form],
    values: Form,
    reason: str,
    right: Right,
    locks: Sequence[str],
) -> dict[str, Any]:
    """Change in one transaction; the run is recorded in ``ops.runs``, failed ones too."""
    with (
        partition_run(context, warehouse, locks, keys=()) as run,
        run.connection("cdp change") as connection,
        run.transaction(connection) as cursor,
    ):
        user = context.run.tags.get(USER_TAG, "")
        actor = require_actor(cursor, user, right, run.as_of, proof=UNPROVEN)
        change = Change(cursor, actor, reason, run.as_of, run.run_id, run.log, warehouse)
        done = work(change, values) or {}
    context.log.info(f"{actor.email}: {reason}")
    return done
