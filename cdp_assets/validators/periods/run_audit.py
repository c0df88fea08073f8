"""How a run over periods ended: one row of the audit log and one line of JSON, failed runs too.

Scope: the row and the line (validator §12, §14); not here: what a run wrote (``ops.runs``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from cdp_assets import clock
from cdp_assets.core.runs.partition_run import DirectRun, RunContext
from cdp_assets.core.runs.run_tags import launched_by
from cdp_assets.errors import CdpError
from cdp_assets.governance.audit_log import AuditEntry, append
from resources.postgres.warehouse import Warehouse

_VERBS = {"ingestion": "INGEST", "normalization": "NORMALIZE", "computation": "COMPUTE"}
_COMPUTED = "canonical_client_stakes"  # canonical by its name, computed from other tables


@contextmanager
def audited_run(
    context: RunContext,
    warehouse: Warehouse,
    asset_key: str,
    keys: Sequence[str],
    rows: Mapping[str, int],
) -> Iterator[None]:
    """Record how the block ends.

    Args:
        context: Of the step, or a direct run.
        warehouse: Where the audit log is.
        asset_key: ``staging/chain/table`` or ``validators/chain/table``.
        keys: Period ids of the run.
        rows: Filled by the block: rows of each period that was done.
    """
    try:
        yield
    except Exception as error:
        content = _content(keys, rows, "FAILED", type(error).__name__)
        try:
            _record(context, warehouse, asset_key, content)
        except (psycopg.Error, CdpError) as second:  # the first error is the one to be shown
            context.log.warning(f"the failed run has no audit row: {second}")
        raise
    _record(context, warehouse, asset_key, _content(keys, rows, "SUCCEEDED", None))


def kind_of(asset_key: str) -> str:
    """Return what a run of an asset is: ingestion, normalization or computation."""
    schema, *_, table = asset_key.split("/")
    if schema == "staging":
        return "ingestion"
    is_canonical = table.startswith("canonical_") and table != _COMPUTED
    return "normalization" if is_canonical else "computation"


def _content(
    keys: Sequence[str], rows: Mapping[str, int], outcome: str, error_code: str | None
) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "error_code": error_code,
        "periods": len(keys),
        "periods_done": len(rows),
        "first_period": keys[0] if keys else None,
        "last_period": keys[-1] if keys else None,
        "rows": sum(rows.values()),
    }


def _record(
    context: RunContext, warehouse: Warehouse, asset_key: str, content: Mapping[str, Any]
) -> None:
    kind = kind_of(asset_key)
    if isinstance(context, DirectRun):
        run_id, user = context.run_id, context.user
    else:
        run = context.instance.get_run_by_id(context.run.run_id) or context.run
        run_id, user = run.run_id, launched_by(run.tags)
    with (
        warehouse.connect(application="cdp audit") as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        append(
            cursor,
            AuditEntry(
                at=clock.now(),
                actor_id=user,
                action=f"{_VERBS[kind]}_PERIODS",
                resource_type="asset",
                resource_id=asset_key,
                before=None,
                after=content,
                reason=None,
                correlation_id=run_id,
            ),
        )
    line = {
        "timestamp": clock.wall_clock().isoformat(),
        "level": "info" if content["outcome"] == "SUCCEEDED" else "error",
        "correlation_id": run_id,
        "event": f"{kind}.{'completed' if content['outcome'] == 'SUCCEEDED' else 'failed'}",
        "context": {"asset": asset_key, **content},
    }
    context.log.info(json.dumps(line, sort_keys=True))
