"""One step over the periods of its run: lock, record, go through the keys, tell what happened.

A key that fails does not hold back the others: what succeeded stays published and is reported to
Dagster partition by partition, then the step fails with every cause. Belongs here: that frame.
Does not: what is done for a period (``period_steps``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import as_dagster_failure
from cdp_assets.core.runs.run_tags import lock_for_run
from cdp_assets.errors import CdpError, PermanentFailure, TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.canonical.normalise import MATERIALIZED, NOT_OBSERVED
from cdp_assets.validators.storage.versioned_append import NOTHING, Appended
from resources.postgres.ops_status import RunRecord, record_run
from resources.postgres.warehouse import Warehouse


@dataclass(frozen=True)
class PeriodResult:
    """What was done for one period.

    Attributes:
        rows: Rows that the partition has now.
        appended: Versions written; nothing for staging.
        state: MATERIALIZED or NOT_OBSERVED.
        figures: Further numbers for the run's metadata, summed over periods.
        winners: Payload ids that checks need.
    """

    rows: int
    appended: Appended = NOTHING
    state: str = MATERIALIZED
    figures: dict[str, int] = field(default_factory=dict)
    winners: tuple[Any, ...] = ()


def run_periods(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_key: str,
    keys: Sequence[str],
    work: Callable[[str], PeriodResult],
    *,
    source: str | None = None,
) -> dict[str, PeriodResult]:
    """Do the work of every key under the locks of table and source, and record the run.

    Returns:
        What was done, by key; keys that an earlier try of this step finished are left out.

    Raises:
        dagster.Failure: One or more keys failed; may be tried again if a failure may pass.
    """
    done: dict[str, PeriodResult] = {}
    failures: dict[str, CdpError] = {}
    try:
        with (
            lock_for_run(context, warehouse, [asset_key], source=source) as user,
            record_run(
                warehouse,
                run_id=context.run.run_id,
                asset_keys=[asset_key],
                partition_keys=keys,
                window=None,
                launched_by=user,
            ) as record,
        ):
            for place, key in enumerate(_left_over(context, warehouse, asset_key, keys), 1):
                try:
                    done[key] = work(key)
                    context.log.info(
                        f"[{place}/{len(keys)}] period {key}: {counted(done[key].rows, 'row')}, "
                        f"{counted(done[key].appended.written, 'new version')}, {done[key].state}"
                    )
                except CdpError as error:
                    failures[key] = error
                    context.log.warning(f"[{place}/{len(keys)}] period {key} failed: {error}")
            _fill(record, done)
            if failures:
                raise _joined(failures, len(keys))
    except CdpError as error:
        for key, result in done.items():
            context.log_event(
                dg.AssetMaterialization(
                    asset_key.split("/"), partition=key, metadata={"rows": result.rows}
                )
            )
        raise as_dagster_failure(error) from error
    return done


def materialization(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_key: str,
    chain_id: str,
    results: dict[str, PeriodResult],
) -> dg.MaterializeResult[Any]:
    """Return what the UI shows about the partitions written; versions are only ever added."""
    appended = sum((r.appended for r in results.values()), NOTHING)
    figures: dict[str, int] = {}
    for result in results.values():
        for name, value in result.figures.items():
            figures[name] = figures.get(name, 0) + value
    return materialize_result(
        context,
        warehouse,
        asset_key,
        figures={
            "periods": len(results),
            "periods_not_observed": sum(r.state == NOT_OBSERVED for r in results.values()),
            "versions_new": appended.new,
            "versions_changed": appended.changed,
            "versions_void": appended.voided,
            "rows_unchanged": appended.unchanged,
            **figures,
            "chain_id": chain_id,
        },
    )


def _left_over(
    context: dg.AssetExecutionContext, warehouse: Warehouse, asset_key: str, keys: Sequence[str]
) -> list[str]:
    """Return the keys still to do: on a retry those that the earlier try did not finish."""
    if context.retry_number == 0:
        return list(keys)
    with warehouse.connect(autocommit=True) as connection:
        finished = connection.execute(
            "select partition_key from ops.asset_partition_status where asset_key = %s "
            "and run_id = %s and state <> 'FAILED' and error_code is null",
            [asset_key, context.run.run_id],
        ).fetchall()
    over = {row[0] for row in finished}
    return [key for key in keys if key not in over]


def _fill(record: RunRecord, done: dict[str, PeriodResult]) -> None:
    staged = [r.figures.get("requests", 0) for r in done.values()]
    record.rows_written = sum(r.appended.written for r in done.values()) + sum(staged)
    record.rows_deleted = 0


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
