"""Whether the audit log is as it was written: no row edited, none removed, not even the newest.

A chain of hashes does not show that its newest rows are gone. So each evaluation stores the newest
row in its result, which is in Dagster's database, and the next one compares it with the log. Scope:
the check; not here: the hashes (``cdp_assets.governance.audit_log``).
"""

from __future__ import annotations

from typing import Any, Final

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.dagster_compat import AssetCheckExecutionRecordStatus
from cdp_assets.governance.audit_log import Head, first_broken, newest

CHECK: Final = "audit_log_is_unbroken"
# The log records overrides of this table's inputs.
ASSET: Final = "filplus/allocator_report"
_MEANING = (
    "Every row of the audit log has the hash of its content and of the row before, and the newest "
    "row of the last evaluation is still there."
)
_SQL = "select * from audit.log where seq >= {} - 1 order by seq"
_ENDED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def spec() -> dg.AssetCheckSpec:
    """Return the declaration of the check."""
    return dg.AssetCheckSpec(CHECK, asset=ASSET.split("/"), description=_MEANING)


def stored_head(instance: dg.DagsterInstance, check: dg.AssetCheckKey) -> Head | None:
    """Return the newest row that the last evaluation of a check stored; null before the first.

    Releases before 2026-12 attached the check to the table; their result is used if there is none
    here.
    """
    before = dg.AssetCheckKey(dg.AssetKey(ASSET.split("/")), CHECK)
    for key in (check, before):
        head = _head_of_last(instance, key)
        if head is not None:
            return head
    return None


def _head_of_last(instance: dg.DagsterInstance, check: dg.AssetCheckKey) -> Head | None:
    for record in instance.event_log_storage.get_asset_check_execution_history(
        check, limit=1, status=_ENDED
    ):
        event = record.event and record.event.dagster_event
        if event:
            labels: dict[str, Any] = {
                label: value.value
                for label, value in event.asset_check_evaluation_data.metadata.items()
            }
            if "newest_seq" in labels:
                return Head(labels["newest_seq"], labels["newest_hash"])
    return None


def evaluate(connection: psycopg.Connection, stored: Head | None) -> dg.AssetCheckResult:
    """Verify the full log, and that it has the row that the last evaluation stored.

    For a broken log the stored row stays the same, so the check fails until that row is back.
    """
    broken = first_broken(connection, stored)
    head = newest(connection) if broken is None else stored
    return check_result(
        ASSET,
        CHECK,
        _MEANING,
        failing_rows=int(broken is not None),
        sql=_SQL.format(broken or 1),
        samples=[] if broken is None else [f"row {broken}"],
        found=""
        if broken is None
        else f"From row {broken} on the log differs from what was written: a "
        "row was edited or removed. Compare with a backup.",
        metadata={} if head is None else {"newest_seq": head.seq, "newest_hash": head.change_hash},
    )
