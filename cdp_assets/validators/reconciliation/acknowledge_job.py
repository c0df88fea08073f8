"""The job by which a person acknowledges a finding of reconciliation (validator §10).

Scope: one finding, its note and its audit row; not here: how findings arise and are resolved
(``report_store``).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import UUID_PATTERN
from cdp_assets.governance.people import Right

REPORTS: Final = "validators/reconciliation_reports"
_COLUMNS: Final = (
    "chain_id", "period_id", "validator_key", "scope", "check", "old", "new", "severity", "status",
)  # fmt: skip


class Acknowledgement(BaseModel):
    """Which finding, and what was found out."""

    model_config = ConfigDict(extra="forbid")

    report_id: str = Field(
        description="Id of the finding, a UUID.",
        pattern=UUID_PATTERN,
    )
    note: str = Field(
        description="Result of the investigation; shown beside the finding.",
        min_length=10,
        max_length=500,
    )


def acknowledge(change: Change, form: Acknowledgement) -> dict[str, Any]:
    """Mark an open finding as acknowledged: it no longer blocks the release of statements.

    Raises:
        PermanentFailure: There is no such finding, or it is not open.
    """
    report_id = UUID(form.report_id)
    before = _stored(change, report_id)
    if before["status"] != "OPEN":
        raise PermanentFailure(
            f"is {before['status']}: only an open finding is acknowledged",
            key=f"report_id {report_id}",
            hint="`select * from api_v1.reconciliation_reports where status = 'OPEN'` lists them",
        )
    change.cursor.execute(
        "update validators.reconciliation_reports "
        "set status = 'ACKED', acked_by = %s, acked_at = %s, note = %s where report_id = %s",
        [change.actor.audit_id, change.now, form.note, report_id],
    )
    change.audit(
        "ACKNOWLEDGE_DRIFT",
        "reconciliation_report",
        report_id,
        before,
        {**before, "status": "ACKED", "note": form.note},
        name=" ".join(filter(None, (before["chain_id"], before["period_id"], before["scope"]))),
    )
    return {"report_id": str(report_id), "severity": before["severity"]}


def _stored(change: Change, report_id: UUID) -> dict[str, Any]:
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    row = change.cursor.execute(
        f"select {names} from validators.reconciliation_reports where report_id = %s for update",
        [report_id],
    ).fetchone()
    if row is None:
        raise PermanentFailure(
            "there is no such finding",
            key=f"report_id {report_id}",
            hint="`select * from api_v1.reconciliation_reports where status = 'OPEN'` lists them",
        )
    return {
        name: value if value is None or isinstance(value, str) else str(value)
        for name, value in zip(_COLUMNS, row, strict=True)
    }


acknowledge_job = build_change_job(
    "acknowledge_job",
    Acknowledgement,
    acknowledge,
    right=Right.ACKNOWLEDGE,
    description=(
        "Acknowledge a finding of reconciliation, so that it no longer blocks the release of "
        "statements. The run tag `user` is your e-mail address. Example: "
        '`{"report_id": "73a8f8bb-7185-55ac-a39c-921d9259e6ad", "note": "restated by the source, '
        'confirmed there", "reason": "checked with the provider"}`.'
    ),
)
