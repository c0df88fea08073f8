"""Run one step over the periods of a run, each by itself, and report them together.

A key that fails does not stop the others: what succeeded stays published and is reported to
Dagster partition by partition, then the step fails with every cause. Scope: iterating over the
keys; not here: the work of a period (``period_steps``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.errors import CdpError, PermanentFailure, TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.canonical.normalise import CODE_VERSION, MATERIALIZED, NOT_OBSERVED
from cdp_assets.validators.periods.run_audit import audited_run
from cdp_assets.validators.storage.versioned_append import NOTHING, Appended
from resources.postgres.ops_status import RunRecord
from resources.postgres.warehouse import Warehouse

_LOGGED_EVERY = 25  # periods; a run over a hundred of them has seventeen steps


@dataclass(frozen=True)
class PeriodResult:
    """What was done for one period.

    Attributes:
        rows: Rows that the partition has now.
        appended: Versions written; nothing for staging.
        state: MATERIALIZED or NOT_OBSERVED.
        statistics: Further numbers for the run's metadata, summed over periods.
        winners: Payload ids that checks need.
        is_skipped: No source has an address: nothing was published, so the period stays missing.
    """

    rows: int
    appended: Appended = NOTHING
    state: str = MATERIALIZED
    statistics: dict[str, int] = field(default_factory=dict)
    winners: tuple[Any, ...] = ()
    is_skipped: bool = False


def run_periods(
    context: RunContext,
    warehouse: Warehouse,
    asset_key: str,
    keys: Sequence[str],
    work: Callable[[PartitionRun, str], PeriodResult],
    *,
    inputs: Sequence[str] = (),
    source: str | None = None,
    code_version: str = CODE_VERSION,
) -> tuple[PartitionRun, dict[str, PeriodResult]]:
    """Do the work of every key under the locks of table and source, and record the run.

    Returns:
        The run, and what was done, by key; keys that an earlier try of this step finished are
        skipped.

    Raises:
        dagster.Failure: One or more keys failed; retried if one of them is transient.
    """
    done: dict[str, PeriodResult] = {}
    failures: dict[str, CdpError] = {}
    rows: dict[str, int] = {}
    try:
        with (
            audited_run(context, warehouse, asset_key, keys, rows),
            partition_run(
                context,
                warehouse,
                [asset_key],
                keys=keys,
                inputs=inputs,
                code_version=code_version,
                source=source,
                keeps_connections=True,
            ) as run,
        ):
            for place, key in enumerate(_left_over(context, warehouse, asset_key, keys), 1):
                try:
                    done[key] = work(run, key)
                    rows[key] = done[key].rows
                    if place % _LOGGED_EVERY == 0 or place == len(keys):
                        run.log.info(
                            f"[{place}/{len(keys)}] period {key}: "
                            f"{counted(done[key].rows, 'row')}, "
                            f"{counted(done[key].appended.written, 'new version')}, "
                            f"{done[key].state}"
                        )
                except CdpError as error:
                    failures[key] = error
                    run.log.warning(f"[{place}/{len(keys)}] period {key} failed: {error}")
            _fill(run.record, asset_key, done)
            if failures:
                raise _joined(failures, len(keys))
    except dg.Failure:
        _report_done(context, asset_key, done)
        raise
    return run, done


def _report_done(context: RunContext, asset_key: str, done: dict[str, PeriodResult]) -> None:
    """Report the partitions that were written before the step fails."""
    assert isinstance(context, dg.AssetExecutionContext)
    for key, result in done.items():
        context.log_event(
            dg.AssetMaterialization(
                asset_key.split("/"), partition=key, metadata={"rows": result.rows}
            )
        )


def materialization(
    run: PartitionRun, asset_key: str, chain_id: str, results: dict[str, PeriodResult]
) -> dg.MaterializeResult[Any]:
    """Return what the UI shows about the partitions written; versions are only ever added."""
    appended = sum((r.appended for r in results.values()), NOTHING)
    statistics: Counter[str] = Counter()
    for result in results.values():
        statistics.update(result.statistics)
    return run.result(
        asset_key,
        metadata={
            "periods": len(results),
            "periods_not_observed": sum(r.state == NOT_OBSERVED for r in results.values()),
            "periods_without_source": sum(r.is_skipped for r in results.values()),
            "versions_new": appended.new,
            "versions_changed": appended.changed,
            "versions_void": appended.voided,
            "rows_unchanged": appended.unchanged,
            **statistics,
            "chain_id": chain_id,
        },
    )


def _left_over(
    context: RunContext, warehouse: Warehouse, asset_key: str, keys: Sequence[str]
) -> list[str]:
    """Return the keys still to do: on a retry those that the earlier try did not finish."""
    if not isinstance(context, dg.AssetExecutionContext) or context.retry_number == 0:
        return list(keys)
    with warehouse.connect(autocommit=True) as connection:
        finished = connection.execute(
            "select partition_key from ops.asset_partition_status where asset_key = %s "
            "and run_id = %s and state <> 'FAILED' and error_code is null",
            [asset_key, context.run.run_id],
        ).fetchall()
    over = {row[0] for row in finished}
    return [key for key in keys if key not in over]


def _fill(record: RunRecord, asset_key: str, done: dict[str, PeriodResult]) -> None:
    staged = [r.statistics.get("requests", 0) for r in done.values()]
    written = sum(r.appended.written for r in done.values()) + sum(staged)
    record.rows_by_asset = {asset_key: (written, 0)}


def _joined(failures: dict[str, CdpError], keys: int) -> CdpError:
    """Return one error for all failures: transient if any of them is, so that it is tried again."""
    if len(failures) == 1:
        return next(iter(failures.values()))
    first_key, first = next(iter(failures.items()))
    kind = (
        TransientFailure
        if any(isinstance(error, TransientFailure) for error in failures.values())
        else PermanentFailure
    )
    return kind(
        f"{len(failures)} of {counted(keys, 'period')} failed: {', '.join(failures)}. "
        f"The first, {first_key}: {first.message}",
        key=first.key,
        hint=first.hint,
    )
